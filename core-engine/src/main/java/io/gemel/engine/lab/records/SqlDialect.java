package io.gemel.engine.lab.records;

import java.util.List;
import java.util.Locale;

/** How a database's own command line client is called, and what it is told. */
enum SqlDialect {
    POSTGRESQL(
            "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "",
            "ON CONFLICT (w, s) DO NOTHING",
            "ON CONFLICT (w, s) DO UPDATE SET tries = records.tries + 1") {
        @Override
        List<String> command(String host) {
            return List.of("psql", "-XAtq", "-F\t", "-vON_ERROR_STOP=1", "-h", host, "-U", "postgres", "postgres");
        }
    },

    MARIADB(
            "bigint AUTO_INCREMENT PRIMARY KEY",
            " ENGINE=InnoDB",
            "ON DUPLICATE KEY UPDATE tries = tries",
            "ON DUPLICATE KEY UPDATE tries = tries + 1") {
        @Override
        List<String> command(String host) {
            return List.of(
                    "mariadb",
                    "--no-defaults",
                    "--skip-reconnect",
                    "--batch",
                    "--unbuffered",
                    "--skip-column-names",
                    "--connect-timeout=2",
                    "-h",
                    host,
                    "-u",
                    "app",
                    "app");
        }
    };

    private final String number;
    private final String table;
    private final String unlessThere;
    private final String changeIfThere;

    SqlDialect(String number, String table, String unlessThere, String changeIfThere) {
        this.number = number;
        this.table = table;
        this.unlessThere = unlessThere;
        this.changeIfThere = changeIfThere;
    }

    /** The client, told by lines at its standard input, that ends with the first error. */
    abstract List<String> command(String host);

    String create() {
        return "CREATE TABLE IF NOT EXISTS records (id " + number + ", w int NOT NULL, s bigint NOT NULL,"
                + " tries int NOT NULL DEFAULT 1, payload varchar(200) NOT NULL, UNIQUE (w, s))" + table + ";";
    }

    /** The first try: it fails when the record is there. */
    String insert(int writer, long sequence) {
        return String.format(
                Locale.ROOT,
                "INSERT INTO records (w, s, payload) VALUES (%d, %d, '%s');",
                writer,
                sequence,
                Payload.of(writer, sequence));
    }

    /**
     * A further try.
     *
     * @param careless changes nothing when the record is there, and so waits for nothing: what InnoDB then confirms is
     *     what it shows, not what is on disk. Careful is to change something, whose commit waits for all before it.
     */
    String insertAgain(int writer, long sequence, boolean careless) {
        String insert = insert(writer, sequence);
        return insert.substring(0, insert.length() - 1) + " " + (careless ? unlessThere : changeIfThere) + ";";
    }

    static String extent(int writer) {
        return "SELECT count(*), coalesce(max(s), 0) FROM records WHERE w = " + writer + ";";
    }

    static String read(int writer) {
        return "SELECT s, payload FROM records WHERE w = " + writer + " ORDER BY id;";
    }
}

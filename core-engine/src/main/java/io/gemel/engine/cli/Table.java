package io.gemel.engine.cli;

import java.util.ArrayList;
import java.util.List;

/** A short table for people: columns as wide as their longest cell, two spaces between them. */
final class Table {

    private final List<String[]> rows = new ArrayList<>();

    Table(String... header) {
        rows.add(header);
    }

    /** Adds a row with as many cells as the header. */
    void row(String... cells) {
        if (cells.length != rows.getFirst().length) {
            throw new IllegalArgumentException("a row of " + cells.length + " cells in " + rows.getFirst().length);
        }
        rows.add(cells);
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.length; column++) {
                line.append(row[column]).append(" ".repeat(width(column) - row[column].length() + 2));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private int width(int column) {
        return rows.stream().mapToInt(row -> row[column].length()).max().orElse(0);
    }
}

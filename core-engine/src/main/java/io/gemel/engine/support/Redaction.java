package io.gemel.engine.support;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Removes secrets from text: private keys, passwords in settings, in commands, in addresses. It errs towards removing: what
 * stands after a word that tells of a secret goes, whatever it is. Names of what was removed stay.
 */
final class Redaction {

    static final String REMOVED = "(removed)";

    private static final String WORD = "(?:password|passwd|passphrase|pwd|secret|token|credential|private[_-]?key"
            + "|api[_-]?key|access[_-]?key|auth[_-]?key)[\\w.-]{0,40}";

    /** A value in quotes, whole; without, up to the next blank or separator. */
    private static final String VALUE = "(?:\"(?:[^\"\\\\]|\\\\.)*\"|'[^']*'|[^\\s,;&]+)";

    private record Rule(Pattern pattern, String replacement) {}

    private static final List<Rule> RULES = List.of(
            new Rule(
                    Pattern.compile("-----BEGIN [A-Z0-9 ]*-----.*?(?:-----END [A-Z0-9 ]*-----|\\z)", Pattern.DOTALL),
                    REMOVED),
            // password = "...", PGPASSWORD=..., password: ..., "password": "..."
            new Rule(Pattern.compile("(?i)(" + WORD + "[\"']?\\s*(?:=|:)\\s*)" + VALUE), "$1" + REMOVED),
            // --password ..., password ..., IDENTIFIED BY '...'
            new Rule(Pattern.compile("(?i)(\\s--?[\\w.-]{0,40}?" + WORD + "\\s+)" + VALUE), "$1" + REMOVED),
            new Rule(
                    Pattern.compile(
                            "(?i)(\\b(?:IDENTIFIED\\s+(?:BY|VIA\\s+\\w+\\s+USING)|PASSWORD)\\s+)(?:'[^']*'|\"[^\"]*\")"),
                    "$1" + REMOVED),
            // mariadb -uroot -pSECRET
            new Rule(
                    Pattern.compile("(?m)((?:mysql|mariadb|sysbench)\\S*[^\\n]*?\\s-p)(?!ort)[^\\s-]\\S*"),
                    "$1" + REMOVED),
            // scheme://user:SECRET@host, curl -u user:SECRET
            new Rule(Pattern.compile("(\\w+://[^\\s:/@]*:)[^\\s@/]+(@)"), "$1" + REMOVED + "$2"),
            new Rule(Pattern.compile("(curl\\b[^\\n]*?\\s(?:-u|--user)[\\s=]+[^\\s:]+:)\\S+"), "$1" + REMOVED),
            new Rule(Pattern.compile("(?i)(\\bAuthorization:\\s*(?:\\w+\\s+)?)[^\\s\"']+"), "$1" + REMOVED));

    private Redaction() {}

    /** The text without its secrets. */
    static String of(String text) {
        String clean = text;
        for (Rule rule : RULES) {
            clean = rule.pattern().matcher(clean).replaceAll(rule.replacement());
        }
        return clean;
    }
}

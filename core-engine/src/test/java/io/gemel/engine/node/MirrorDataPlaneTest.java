package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.os.Posix;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresRoot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresRoot
@RequiresFuse
class MirrorDataPlaneTest {

    @TempDir
    Path base;

    static String run(String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", "-c", script)
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        Thread killer = Thread.ofVirtual().start(() -> {
            try {
                if (!process.waitFor(60, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        killer.interrupt();
        assertThat(exit).as(output).isZero();
        return output;
    }

    /** What is to be the same on both nodes, one line an object. */
    private static String manifest(Path directory) throws IOException, InterruptedException {
        return run("cd " + directory
                + " && find . -path ./.gemel -prune -o ! -name '*.local' -print0 | sort -z > /tmp/list.$$;"
                + " xargs -0 stat -c '%n|%F|%a|%u|%g|%h|%Y.%y|%t.%T' < /tmp/list.$$;"
                + " find . -type f ! -name '*.local' -print0 | sort -z | xargs -0 sha256sum;"
                + " find . -type l -printf '%p -> %l\\n' | sort;"
                + " xargs -0 getfattr -h -d -m - < /tmp/list.$$ 2>/dev/null;"
                + " xargs -0 getfacl -p < /tmp/list.$$ 2>/dev/null; rm /tmp/list.$$");
    }

    static void assertSameTrees(Path first, Path second) throws IOException, InterruptedException {
        List<String> wanted = manifest(first).lines().toList();
        List<String> found = manifest(second).lines().toList();
        assertThat(found.stream().filter(l -> !wanted.contains(l)))
                .as("only on the second")
                .isEmpty();
        assertThat(wanted.stream().filter(l -> !found.contains(l)))
                .as("only on the primary")
                .isEmpty();
        assertThat(found).isEqualTo(wanted);
    }

    @Test
    void aloneItServesTheDirectoryAsItIs() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Files.writeString(pair.n1.directory.resolve("before"), "x");
            pair.n1.plane.openPrimary(false);
            assertThat(run("mount | grep " + pair.n1.directory)).contains("fuse.gemel");
            run("cd " + pair.n1.directory
                    + " && test \"$(cat before)\" = x && echo hi > a && mkdir d && mv a d/b && ln d/b c"
                    + " && ln -s c s && test \"$(cat s)\" = hi && rm d/b && rmdir d && test ! -e .gemel && ls -la");
        }
        assertThat(run("ls -A " + base.resolve("n1/app"))).isEqualTo("before\nc\ns\n");
    }

    @Test
    void aCopyAndWhatFollowsIsTheSameOnBothNodes() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Path d = pair.n1.directory;
            run("cd " + d + " && mkdir -p x/y && echo one > x/y/1 && ln x/y/1 x/2 && ln -s nowhere l && mkfifo -m 600 f"
                    + " && truncate -s 1M hole && printf z | dd of=hole bs=1 seek=500000 conv=notrunc status=none"
                    + " && chown 5:6 x/y && chmod 2750 x && setfattr -n user.k -v v x/2 && setfacl -m u:7:rwx x"
                    + " && setfacl -d -m u:8:rx x && touch -d @1000000000.5 x/2");
            pair.mirror();
            assertSameTrees(d, pair.n2.directory);
            run("cd " + d + " && mkdir x/new && echo two > x/new/3 && mv x/y/1 x/new/ && rm l && echo three >> x/2"
                    + " && setfattr -x user.k x/2 && chmod 4711 x/new/3 && chown 9:9 x/new/3 && mkfifo g && rm f"
                    + " && dd if=/dev/urandom of=big bs=1M count=3 status=none && truncate -s 5000 hole"
                    + " && fallocate -p -o 0 -l 4096 big && mv -n big big2 && mknod n c 1 3 && echo q > a.local");
            TimeUnit.MILLISECONDS.sleep(1500);
            assertSameTrees(d, pair.n2.directory);
            assertThat(pair.n2.directory.resolve("a.local")).doesNotExist();
            assertThat(pair.n2.directory.resolve(".gemel")).doesNotExist();
            assertThat(pair.n1.plane.closePrimary()).isTrue();
        }
    }

    @Test
    void aFileMadeWithoutANameKeepsTheAccessControlListThatItInheritedOnBothNodes() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Path d = pair.n1.directory;
            run("mkdir " + d + "/d && setfacl -d -m u:8:rw,g:9:r " + d + "/d");
            pair.mirror();
            int unnamed =
                    Posix.openat(Posix.AT_FDCWD, Posix.scratchPath(d + "/d"), Posix.O_RDWR | Posix.O_TMPFILE, 0x1b4);
            assertThat(unnamed).isPositive();
            try {
                int linked = Posix.linkat(
                        unnamed, Posix.EMPTY, Posix.AT_FDCWD, Posix.scratchPath(d + "/d/named"), Posix.AT_EMPTY_PATH);
                assertThat(linked).isZero();
            } finally {
                Posix.close(unnamed);
            }
            assertThat(run("getfacl -n -p " + d + "/d/named"))
                    .contains("user:8:rw")
                    .contains("group:9:r");
            // The last release comes after the close.
            MirrorWaitingTest.await(
                    "the graveyard is gone", () -> Files.notExists(pair.n2.directory.resolve(".gemel")));
            assertSameTrees(d, pair.n2.directory);
        }
    }

    @Test
    @RequiresNamespaces
    void aMountNamespaceThatWasMadeMeanwhileCannotGoOnAfterTheClose() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            pair.n1.plane.openPrimary(false);
            Files.writeString(pair.n1.directory.resolve("f"), "x");
            Process other = new ProcessBuilder(
                            "unshare",
                            "-m",
                            "sh",
                            "-c",
                            "echo ready; read go; cd " + pair.n1.directory + " && echo > g")
                    .start();
            try {
                assertThat(other.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("ready");
                pair.n1.plane.closePrimary();
                assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("fuse-gemel:app"));
                other.outputWriter(StandardCharsets.UTF_8).append("go\n").flush();
                assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(other.exitValue()).isNotZero();
                assertThat(pair.n1.directory.resolve("g")).doesNotExist();
            } finally {
                other.destroyForcibly();
            }
        }
    }
}

package io.gemel.engine;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;

/** Who may know whom in the engine; the plan is in {@code docs/architecture.md}. */
@AnalyzeClasses(packages = "io.gemel.engine", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String CLUSTER = "io.gemel.engine.cluster..";
    private static final String REPLICATION = "io.gemel.engine.replication..";
    private static final String SIMULATOR = "io.gemel.engine.simulator..";
    private static final String JOURNAL = "io.gemel.engine.journal..";
    private static final String FS = "io.gemel.engine.fs..";
    private static final String FUSE = "io.gemel.engine.fuse..";
    private static final String OS = "io.gemel.engine.os..";
    private static final String NET = "io.gemel.engine.net..";
    private static final String MODULE = "io.gemel.engine.module..";
    private static final String CONTROL = "io.gemel.engine.control..";
    private static final String WITNESS = "io.gemel.engine.witness..";
    private static final String NODE = "io.gemel.engine.node..";
    private static final String CLI = "io.gemel.engine.cli..";
    private static final String LAB = "io.gemel.engine.lab..";

    private static final Map<String, Set<String>> CLOCK = Map.of(
            "java.lang.System", Set.of("currentTimeMillis", "nanoTime"),
            "java.time.Instant", Set.of("now"),
            "java.time.LocalDateTime", Set.of("now"),
            "java.time.ZonedDateTime", Set.of("now"),
            "java.time.Clock", Set.of("systemUTC", "systemDefaultZone", "system"));

    private static final Map<String, Set<String>> THREADS = Map.of(
            "java.lang.Thread", Set.of("<init>", "ofPlatform", "ofVirtual", "startVirtualThread", "sleep"),
            "java.util.Timer", Set.of("<init>"),
            "java.util.concurrent.CompletableFuture", Set.of("runAsync", "supplyAsync"));

    @ArchTest
    static final ArchRule pureParts = noClasses()
            .that()
            .resideInAnyPackage(CLUSTER, REPLICATION, SIMULATOR)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.net..",
                    "java.nio.channels..",
                    "javax.net..",
                    "io.netty..",
                    "org.rocksdb..",
                    "java.lang.foreign..")
            .because("the simulator runs them whole on a simulated network, disk and journal")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule pureTime = noClasses()
            .that()
            .resideInAnyPackage(CLUSTER, REPLICATION, SIMULATOR)
            .should()
            .accessTargetWhere(oneOf("the clock", CLOCK))
            .because("time is an argument there, so that a test or the simulator can move it")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule pureThreads = noClasses()
            .that()
            .resideInAnyPackage(CLUSTER, REPLICATION, SIMULATOR)
            .should()
            .accessTargetWhere(oneOf("a thread of their own", THREADS))
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.util\\.concurrent\\.(Executors|.*ExecutorService|ForkJoinPool)")
            .because(
                    "the simulator runs several nodes in one thread, and must replay the same steps from the same seed")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule brainKnowsNobody = noClasses()
            .that()
            .resideInAPackage(CLUSTER)
            .should()
            .dependOnClassesThat(resideInAPackage("io.gemel.engine..")
                    .and(DescribedPredicate.not(resideInAPackage(CLUSTER)))
                    .as("reside in another room of the engine"))
            .because("the brain is a function from events to effects; others carry them out")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule replicationStandsOnSmallInterfaces = noClasses()
            .that()
            .resideInAPackage(REPLICATION)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(JOURNAL, FS, FUSE, OS, MODULE, CONTROL)
            .because("the mirror's logic must run without a kernel, a disk or a journal below it")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule simulatorRunsTheRealParts = noClasses()
            .that()
            .resideInAPackage(SIMULATOR)
            .should()
            .dependOnClassesThat(resideInAPackage("io.gemel.engine..")
                    .and(DescribedPredicate.not(resideInAnyPackage(SIMULATOR, CLUSTER, REPLICATION)))
                    .as("reside in another room than cluster and replication"))
            .because("what it runs for real is the brain and the replication logic, and nothing else of the engine");

    @ArchTest
    static final ArchRule osKnowsNothingOfGemel = classes()
            .that()
            .resideInAPackage(OS)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(OS, "java..", "org.slf4j..")
            .because("these are Linux's own calls under Linux's own names, of use to anybody");

    @ArchTest
    static final ArchRule fuseKnowsOnlyOs = noClasses()
            .that()
            .resideInAPackage(FUSE)
            .should()
            .dependOnClassesThat(resideInAPackage("io.gemel.engine..")
                    .and(DescribedPredicate.not(resideInAnyPackage(FUSE, OS)))
                    .as("reside above fuse and os"))
            .because("the kernel's protocol is one thing and replication another; each is hard enough alone")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule controlKnowsNoFiles = noClasses()
            .that()
            .resideInAPackage(CONTROL)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(FS, FUSE, OS)
            .because("who reaches the engine from outside asks the node, and never touches the data path")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule theWitnessKnowsNoCluster = noClasses()
            .that()
            .resideInAPackage(WITNESS)
            .should()
            .dependOnClassesThat(resideInAPackage("io.gemel.engine..")
                    .and(DescribedPredicate.not(resideInAnyPackage(WITNESS, NET)))
                    .as("reside in a room of the node"))
            .because("it runs on a third machine, where there is no module and no journal")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule onlyNodeKnowsEverybody = noClasses()
            .that()
            .resideInAnyPackage(CLUSTER, REPLICATION, JOURNAL, FS, FUSE, OS, NET, MODULE, CONTROL, WITNESS)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(NODE, CLI, LAB)
            .because("there is one place where the parts are joined, and a part does not know where it is used");

    @ArchTest
    static final ArchRule nothingKnowsTheCommandLine = noClasses()
            .that()
            .resideInAnyPackage(NODE, LAB)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CLI)
            .because("the command line is one of several ways in")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule theNodeDoesNotKnowTheLab = noClasses()
            .that()
            .resideInAPackage(NODE)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(LAB)
            .because("a node in a lab runs exactly what a node on a server runs");

    @ArchTest
    static final ArchRule noCycles = slices().matching("io.gemel.engine.(*)..")
            .should()
            .beFreeOfCycles()
            .because("a reader follows one write in one direction");

    @ArchTest
    static final ArchRule roomsHaveNames = noClasses()
            .should()
            .resideInAnyPackage("..util..", "..common..", "..helper..", "..manager..", "..impl..")
            .because("a reader finds the room by its name, and these names say nothing");

    @ArchTest
    static final ArchRule noStaticState = fields().that()
            .areStatic()
            .should()
            .beFinal()
            .because("several nodes live in one process in the simulator")
            .allowEmptyShould(true);

    private static DescribedPredicate<JavaAccess<?>> oneOf(String what, Map<String, Set<String>> members) {
        return DescribedPredicate.describe(what, access -> {
            AccessTarget target = access.getTarget();
            JavaClass owner = target.getOwner();
            return members.getOrDefault(owner.getName(), Set.of()).contains(target.getName());
        });
    }
}

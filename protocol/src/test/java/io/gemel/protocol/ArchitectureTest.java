package io.gemel.protocol;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom in what engine, console and phone share. */
@AnalyzeClasses(packages = "io.gemel.protocol", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule clientsOfAnyKind = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("javafx..", "com.gluonhq..", "io.netty..", "io.gemel.engine..", "io.gemel.console..")
            .because("the engine must not carry a screen, and the phone must not carry a server");

    @ArchTest
    static final ArchRule theModelKnowsNoWire = noClasses()
            .that()
            .resideInAPackage("io.gemel.protocol.model..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.gemel.protocol.wire..", "io.gemel.protocol.client..", "okhttp3..", "com.squareup.moshi..")
            .because("what a client can see is the same whatever carries it");

    @ArchTest
    static final ArchRule noCycles = slices().matching("io.gemel.protocol.(*)..")
            .should()
            .beFreeOfCycles()
            .because("model, wire and client stand on each other in this order")
            .allowEmptyShould(true);
}

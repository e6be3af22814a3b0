package io.gemel.engine.testing;

import java.lang.reflect.AnnotatedElement;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Skips a test that this machine cannot run, with the first reason why not. */
final class MachineCondition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return context.getElement()
                .flatMap(MachineCondition::whyNot)
                .map(ConditionEvaluationResult::disabled)
                .orElseGet(() -> ConditionEvaluationResult.enabled("the machine has what the test needs"));
    }

    private static Optional<String> whyNot(AnnotatedElement test) {
        return Stream.<Optional<String>>of(
                        AnnotationSupport.findAnnotation(test, RequiresRoot.class)
                                .flatMap(root -> Machine.whyNotRoot()),
                        AnnotationSupport.findAnnotation(test, RequiresFuse.class)
                                .flatMap(fuse -> Machine.whyNoFuse()),
                        AnnotationSupport.findAnnotation(test, RequiresNamespaces.class)
                                .flatMap(namespaces -> Machine.whyNoNamespaces()),
                        AnnotationSupport.findAnnotation(test, RequiresTool.class)
                                .flatMap(tools -> Arrays.stream(tools.value())
                                        .flatMap(program -> Machine.whyNoTool(program).stream())
                                        .findFirst()))
                .flatMap(Optional::stream)
                .findFirst();
    }
}

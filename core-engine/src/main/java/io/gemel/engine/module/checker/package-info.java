/** Looks at an application and at what it needs, again and again. */
package io.gemel.engine.module.checker;

package io.gemel.engine.module;

/** A value with the place where a person wrote it. */
record Located<T>(T value, Position at) {}

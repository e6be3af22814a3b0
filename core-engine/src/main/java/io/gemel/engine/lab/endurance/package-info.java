/**
 * Hours of faults at random under clients that number their records: {@code gemel lab torture}. (The room {@code torture}
 * next door compares two file systems, operation by operation, and knows no cluster.)
 */
package io.gemel.engine.lab.endurance;

/** Clients that number their records, write them to an application, and hold it to every one that it confirmed. */
package io.gemel.engine.lab.records;

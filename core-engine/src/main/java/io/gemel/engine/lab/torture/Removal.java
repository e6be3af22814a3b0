package io.gemel.engine.lab.torture;

/** Removes trees whose names and modes stop the usual tools of Java. */
final class Removal {

    private Removal() {}

    /** Removes a directory and everything below it; what is not there is no error. */
    static void of(Kernel kernel, String directory) {
        long fd = kernel.open(directory, Abi.O_RDONLY | Abi.O_DIRECTORY | Abi.O_NOFOLLOW, 0);
        if (fd < 0) {
            return;
        }
        try {
            for (String name : Directory.names(kernel, (int) fd)) {
                String path = directory + "/" + name;
                if (kernel.unlink(path, 0) < 0) {
                    of(kernel, path);
                }
            }
        } finally {
            kernel.close((int) fd);
        }
        kernel.unlink(directory, Abi.AT_REMOVEDIR);
    }
}

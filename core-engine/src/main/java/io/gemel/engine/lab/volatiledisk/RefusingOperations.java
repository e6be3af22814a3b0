package io.gemel.engine.lab.volatiledisk;

import io.gemel.engine.fuse.FuseOperations;
import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.os.Errno;

/** A file system that can do nothing: what it does not override, the kernel learns not to ask again. */
abstract class RefusingOperations implements FuseOperations {

    @Override
    public void lookup(FuseRequest request, long name) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void forget(long node, long lookups) {}

    @Override
    public void getattr(FuseRequest request) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void setattr(FuseRequest request, SetAttributes change) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void readlink(FuseRequest request) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void symlink(FuseRequest request, long name, long target) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void mknod(FuseRequest request, long name, int mode, int device, int umask) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void mkdir(FuseRequest request, long name, int mode, int umask) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void unlink(FuseRequest request, long name) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void rmdir(FuseRequest request, long name) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void rename(FuseRequest request, long name, long newDirectory, long newName, int flags) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void link(FuseRequest request, long existing, long name) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void open(FuseRequest request, int flags) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void read(FuseRequest request, long offset, int bytes) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void write(FuseRequest request, long offset, long payload, int bytes, int writeFlags) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void statfs(FuseRequest request) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void release(FuseRequest request, int flags) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void fsync(FuseRequest request, boolean dataOnly) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void setxattr(FuseRequest request, long name, long value, int bytes, int flags, int extraFlags) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void getxattr(FuseRequest request, long name, int room) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void listxattr(FuseRequest request, int room) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void removexattr(FuseRequest request, long name) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void opendir(FuseRequest request, int flags) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void readdir(FuseRequest request, long offset, int room, boolean plus) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void releasedir(FuseRequest request) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void fsyncdir(FuseRequest request, boolean dataOnly) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void create(FuseRequest request, long name, int flags, int mode, int umask) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void tmpfile(FuseRequest request, int flags, int mode, int umask) {
        request.fail(Errno.EROFS);
    }

    @Override
    public void fallocate(FuseRequest request, long offset, long length, int mode) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void lseek(FuseRequest request, long offset, int whence) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void copyFileRange(FuseRequest request, long offset, long toNode, long toOffset, long bytes, boolean wide) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void syncfs(FuseRequest request) {
        request.fail(Errno.ENOSYS);
    }

    @Override
    public void statx(FuseRequest request, int mask) {
        request.fail(Errno.ENOSYS);
    }
}

package io.gemel.engine.net;

/** What {@link LinkService} tells a module about its link. Calls come from the service's threads, one at a time a link. */
public interface LinkListener {

    /**
     * A link to the peer stands. The listener calls {@link NodeLink#start} on it, here or within the detection time;
     * its end is told to the handler given there. The next link of this module is announced only after the reader
     * thread of this one has ended.
     */
    void linkUp(NodeLink link);

    /**
     * There is no link, for a reason that a person should know: a key that is not the pinned one, another cluster, a
     * module or version that the peer does not have, nobody answering. The same reason is told once until it changes
     * or a link comes up; attempts go on.
     */
    void linkRefused(String reason);
}

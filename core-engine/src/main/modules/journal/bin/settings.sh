# Settings of start_prim and stop_prim.

# The mirrored directory with the journal in it.
DIRECTORY=${GEMEL_DIRECTORIES:-/srv/journal}
# All addresses: the virtual IP comes and goes.
LISTEN=0.0.0.0:7070
# What this service runs as, and what it says; both must not be in the mirrored directory.
PID_FILE=/run/gemel/journal-service.pid
LOG=/run/gemel/journal-service.log
# In tenths of a second.
START_TIMEOUT_TENTHS=300
STOP_TIMEOUT_TENTHS=50

#!/usr/bin/env bash
# failover.sh SECONDS: tests/live/failover.py for that long.
exec "$(command -v /usr/bin/python3 || command -v python3)" "$(dirname "$0")/../live/failover.py" "$1"

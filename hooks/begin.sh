#!/bin/sh
# tightlip guard: @NAME@ (checksum @SUM@). `tightlip install` wrote it, `tightlip uninstall` takes it out.

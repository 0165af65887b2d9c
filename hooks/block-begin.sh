# >>> tightlip >>>
# @HOW@ by `tightlip install`; `tightlip uninstall` takes it out (checksum @SUM@).

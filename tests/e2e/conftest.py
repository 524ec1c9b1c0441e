from small_disks import desk  # noqa: F401
from small_projects import _fresh, _selected, fresh, selected, small_files  # noqa: F401

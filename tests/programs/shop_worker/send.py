# pyright: basic
"""Send the worker what a batch file names, one task after the other."""

from pathlib import Path

import shop_tasks

for path in Path("batch.txt").read_text().split():
    shop_tasks.load.delay(path)
shop_tasks.archive.delay()
shop_tasks.rank.delay()
shop_tasks.summarise.delay()

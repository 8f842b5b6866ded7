# SPDX-License-Identifier: GPL-2.0-or-later
"""What is installed in the desktop: a build directory, as "meson install" lays it out."""

import os
import subprocess

from . import image


def install(build, folder):
    """Install the build directory into a folder.

    As the user who built it, so that nothing of root's is left in there; and without building,
    which is make's business. What meson says is shown only if it fails.
    """
    if not os.path.exists(os.path.join(build, "build.ninja")):
        raise image.ImageError(f"{build} is no build directory; run make first")
    result = subprocess.run(("meson", "install", "-C", build, "--no-rebuild",
                             "--destdir", os.path.abspath(folder)),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, errors="replace", check=False)
    if result.returncode != 0:
        raise image.ImageError(f"meson install failed\n{result.stdout}")

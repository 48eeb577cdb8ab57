# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's disk: a Debian 12 with the distribution's own kernel and systemd and all that our package depends on, made once
and kept.

It lies in $PORTREEVE_SYSTEM_CACHE (default /var/cache/portreeve-system-test) below a name that is made of all that goes
into it, so that a change here makes a new one. Wants root, mmdebstrap, a Debian mirror (that of this machine's apt).
"""
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("PORTREEVE_SYSTEM_CACHE", "/var/cache/portreeve-system-test"))
MIRROR = "http://deb.debian.org/debian"
SECURITY = "http://deb.debian.org/debian-security"
SIZE = "1500M"

PACKAGES = """systemd-sysv dbus udev iproute2 procps kmod initramfs-tools linux-image-cloud-amd64 python3-minimal
  libpython3-stdlib curl bind9-dnsutils iputils-ping openssh-server systemd-resolved ufw wireguard-tools netcat-openbsd
  adduser""".split()

FILES = {
    # Before the kernel is installed: an initrd of what this guest has, which TCG unpacks in a moment.
    "etc/initramfs-tools/conf.d/small": "MODULES=list\nCOMPRESS=gzip\nRUNSIZE=20%\n",
    "etc/initramfs-tools/modules": "virtio_pci\nvirtio_blk\nvirtio_console\next4\n",
    "etc/apt/apt.conf.d/90no-network": 'APT::Install-Recommends "false";\nAcquire::Retries "0";\n',
}
LATER = {
    "etc/hostname": "guest\n",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/hosts": "127.0.0.1 localhost guest\n::1 localhost\n",
    "etc/fstab": "/dev/vda / ext4 defaults,errors=remount-ro 0 1\n",
    "etc/resolv.conf": "nameserver 10.9.0.54\noptions timeout:2 attempts:2\n",
    "etc/systemd/network/50-wire.network":
        "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nIPv6AcceptRA=yes\n[DHCPv4]\nUseDNS=no\n[IPv6AcceptRA]\nUseDNS=no\n",
    "etc/systemd/journald.conf.d/persist.conf": "[Journal]\nStorage=persistent\nForwardToConsole=no\n",
    "etc/systemd/system/agent.service":
        "[Unit]\nDefaultDependencies=no\nAfter=systemd-udev-trigger.service systemd-remount-fs.service\nStartLimitIntervalSec=0\n"
        "[Service]\nExecStart=/usr/local/sbin/agent\nRestart=always\nRestartSec=1\nOOMScoreAdjust=-1000\n"
        "[Install]\nWantedBy=sysinit.target\n",
    "etc/ssh/sshd_config.d/test.conf": "PermitRootLogin yes\nUseDNS no\nUsePAM no\n",
}
SWITCHES = """set -eu
  systemctl --root="$1" enable systemd-networkd.service ssh.service
  systemctl --root="$1" disable systemd-resolved.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer
  systemctl --root="$1" mask e2scrub_reap.service systemd-networkd-wait-online.service getty@tty1.service serial-getty@ttyS0.service
  chroot "$1" useradd --create-home --shell /bin/sh alice
  chroot "$1" useradd --create-home --shell /bin/sh bob
  rm -f "$1/etc/resolv.conf"
"""


def dependencies(package):
    """The names of what a .deb depends on and recommends, without versions."""
    fields = subprocess.run(["dpkg-deb", "--field", package, "Depends", "Recommends"], check=True, capture_output=True, text=True).stdout
    wanted = re.sub(r"^\w+:", "", fields, flags=re.M).replace("\n", ",").split(",")
    names = {word.split("|")[0].split()[0] for word in wanted if word.strip()}
    return sorted(name for name in names if not name.startswith("portreeve"))


def _recipe(package):
    return repr((PACKAGES, dependencies(package), FILES, LATER, SWITCHES, SIZE, (HERE / "agent.py").read_text()))


def folder(package):
    return CACHE / hashlib.sha256(_recipe(package).encode()).hexdigest()[:16]


def _put(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def tree(package, say=print):
    """The folder that holds the guest's root; made if it is not there. Nobody writes to it."""
    done = folder(package) / "tree"
    if done.exists():
        return done
    say(f"making the guest's Debian in {done} (once)")
    work = CACHE / f"making-{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    (work / "early").mkdir(parents=True)
    root = work / "root"
    try:
        _bootstrap(package, work, root)
        done.parent.mkdir(parents=True, exist_ok=True)
        root.rename(done)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return done


def _bootstrap(package, work, root):
    _put(work / "early", FILES)
    log = work / "mmdebstrap.log"
    with open(log, "w") as output:
        code = subprocess.run(
            ["mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(PACKAGES + dependencies(package))}",
             f"--essential-hook=copy-in {work}/early/etc /", f"--customize-hook={SWITCHES}",
             "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
             "--dpkgopt=force-confold", "--dpkgopt=path-exclude=/usr/share/doc/*",
             "bookworm", str(root), *mirrors()],
            stdout=output, stderr=output, check=False, env={**os.environ, "LC_ALL": "C"}).returncode
    if code != 0:
        raise RuntimeError("mmdebstrap failed:\n" + log.read_text()[-3000:])
    _put(root, LATER)
    agent = root / "usr/local/sbin/agent"
    agent.write_text((HERE / "agent.py").read_text())
    agent.chmod(0o755)
    subprocess.run(["systemctl", f"--root={root}", "enable", "--quiet", "agent.service"], check=True)


def make(package, say=print):
    """The folder with vmlinuz, initrd and disk.raw; made if it is not there."""
    done = folder(package)
    if (done / "disk.raw").exists():
        return done
    root = tree(package, say)
    say(f"making the guest's disk in {done} (once)")
    shutil.copy(max((root / "boot").glob("vmlinuz-*")), done / "vmlinuz")
    shutil.copy(max((root / "boot").glob("initrd.img-*")), done / "initrd")
    disk = done / f"disk.making-{os.getpid()}"
    subprocess.run(["truncate", "-s", SIZE, disk], check=True)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", "-O", "^metadata_csum_seed", "-d", root, disk], check=True)
    disk.rename(done / "disk.raw")
    return done


def mirrors():
    """Where this machine's apt takes a Debian 12 from, else Debian's own mirrors."""
    for place in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"):
        if os.path.exists(place) and "bookworm" in Path(place).read_text():
            return [place]
    return [f"deb {MIRROR} bookworm main", f"deb {SECURITY} bookworm-security main"]


def kernel_version(image):
    data = (image / "vmlinuz").read_bytes()
    at = int.from_bytes(data[0x20E:0x210], "little") + 0x200
    return re.match(rb"[^ \0]+", data[at:at + 100])[0].decode()

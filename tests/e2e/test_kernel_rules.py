# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel holds is the reference, to the letter and in its order, plus the numbered additions."""
import re
from pathlib import Path

import pytest

DEFAULT = "allow"
REPOSITORY = Path(__file__).resolve().parent.parent.parent

REFERENCE = {  # os-integration.md, as iptables-save writes it
    4: {
        "mangle": ["-A OUTPUT -j C170", "-A INPUT -j C171",
                   "-A C170 -j CONNMARK --restore-mark", "-A C170 -m mark --mark 0 -j NFQUEUE --queue-num 17040 --queue-bypass",
                   "-A C171 -j CONNMARK --restore-mark", "-A C171 -m mark --mark 0 -j NFQUEUE --queue-num 17140 --queue-bypass"],
        "reject": "icmp-host-prohibited",
        "nat": ["-A OUTPUT -p udp --dport 53 -m mark --mark 1799 -j DNAT --to-destination 127.0.0.1:53",
                "-A OUTPUT -m mark --mark 1717 -p tcp -j DNAT --to-destination 127.0.0.17:1117",
                "-A OUTPUT -m mark --mark 1717 -p udp -j DNAT --to-destination 127.0.0.17:1117",
                "-A OUTPUT -m mark --mark 1717 -j DNAT --to-destination 127.0.0.17"],
    },
    6: {
        "mangle": ["-A OUTPUT -j C170", "-A INPUT -j C171",
                   "-A C170 -j CONNMARK --restore-mark", "-A C170 -m mark --mark 0 -j NFQUEUE --queue-num 17060 --queue-bypass",
                   "-A C171 -j CONNMARK --restore-mark", "-A C171 -m mark --mark 0 -j NFQUEUE --queue-num 17160 --queue-bypass"],
        "reject": "icmp6-adm-prohibited",
        "nat": ["-A OUTPUT -p udp --dport 53 -m mark --mark 1799 -j DNAT --to-destination [::1]:53"],
    },
}


def words(rule):
    """A rule as a set of what it says: iptables-save spells things its own way and order."""
    rule = re.sub(r"-m (udp|tcp|comment) ", "", rule)
    rule = re.sub(r" --nfmask \S+ --ctmask \S+", "", rule)
    rule = re.sub(r"0x([0-9a-f]+)", lambda m: str(int(m[1], 16)), rule)
    return " ".join(sorted(re.findall(r"(?:! )?--?[\w-]+(?: (?!-)\S+)?", rule)))


def filter_reference(reject):
    lines = ["-A OUTPUT -j C17", "-A INPUT -j C17", "-A C17 -m mark --mark 0 -j DROP"]
    for mark, target in ((1700, "ACCEPT"), (1701, f"REJECT --reject-with {reject}"), (1702, "DROP"), (None, "CONNMARK --save-mark"),
                         (1710, "ACCEPT"), (1711, f"REJECT --reject-with {reject}"), (1712, "DROP"), (1717, "ACCEPT")):
        lines.append(f"-A C17 {f'-m mark --mark {mark} ' if mark else ''}-j {target}")
    return lines


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("table", ["mangle", "filter", "nat"])
def test_without_the_numbered_additions_the_kernel_has_the_reference(suite, family, table):
    save = "iptables-save" if family == 4 else "ip6tables-save"
    loaded = [line for line in suite.net.inside(save, "-t", table).stdout.splitlines() if line.startswith("-A")]
    kept = [words(line) for line in loaded if "portreeve:" not in line]
    wanted = [words(line) for line in (filter_reference(REFERENCE[family]["reject"]) if table == "filter"
                                       else REFERENCE[family][table])]
    for chain in {line.split()[1] for line in loaded}:
        def of(lines, chain=chain):
            return [line for line in lines if f"-A {chain}" in line]
        assert of(kept) == of(wanted), f"{table} {chain}"


def test_every_addition_in_the_kernel_has_its_reason_in_the_docs(suite):
    text = suite.net.inside("iptables-save").stdout + suite.net.inside("ip6tables-save").stdout
    numbers = set(re.findall(r"portreeve:(\w+)", text))
    assert numbers
    docs = (REPOSITORY / "docs" / "kernel-rules.md").read_text()
    assert [n for n in sorted(numbers) if not re.search(rf"\b{n}\b", docs)] == []

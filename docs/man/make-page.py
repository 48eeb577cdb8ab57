#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the manual pages, each from the text that is true already: what the programs say of themselves, the default settings,
the documents.

    make-page.py command BINARY            portreeve(1)
    make-page.py daemon NAME BINARY        portreeve-NAME(8)
    make-page.py settings portreeve.toml   portreeve.toml(5)
    make-page.py document NAME NAME.md     one of DOCUMENTS
"""
import re
import subprocess
import sys
from pathlib import Path

DATE = "November 25, 2026"
DAEMONS = {
    "interceptor": ("own the queues and give the kernel its verdicts",
                    "It passes packets on unread and answers the kernel with policy's verdict. It alone keeps the time: what is not "
                    "decided within timeout_ms is dropped for the moment. It holds CAP_NET_ADMIN and nothing else; it opens no network "
                    "socket and runs no program. When it dies, the rules stay, connections that are decided go on, and new ones are "
                    "dropped until it is back."),
    "keeper": ("keep the firewall rules in the kernel",
               "It runs iptables-restore and nothing else, takes no text from anybody, and puts the rules back within a second when "
               "another program changes them. It is root, with CAP_NET_ADMIN and CAP_NET_RAW. The rules stay when it ends."),
    "attributor": ("name the process behind each packet",
                   "It parses packet headers, asks the kernel for the socket and the reader for the process that holds it. It holds no "
                   "capability and opens no file."),
    "reader": ("look at other processes for the attributor",
               "It answers which process holds a socket, and hands over what /proc says of it, unread. It holds CAP_SYS_PTRACE and "
               "CAP_DAC_READ_SEARCH, and can neither write nor make a socket. Only the attributor and root may ask it."),
    "policy": ("decide, by rules, what becomes of each connection",
               "It holds rules, connections and names, and its word is a verdict. It holds no capability and has no network. A rule file "
               "that is wrong leaves the last good set in force."),
    "resolver": ("answer DNS on port 53, each name judged by policy",
                 "Questions to other name servers come to it as well. It asks policy whether a program may have a name, and tells it what "
                 "it answered before the program hears it. It holds no capability: its ports are handed over."),
    "lists": ("fetch and compile lists of names",
              "It fetches the sources of every list that the settings name, compiles each into one file, which the others map, and ends. "
              "It holds no capability. A list that could not be made leaves its last good version in place."),
    "historian": ("remember connections, and answer for the past",
                  "It records what policy tells of, behind the verdict, in a database bounded by age and size, and answers questions about it. "
                  "It holds no capability and has no network. A full disk or a damaged file stops its memory, never a verdict."),
    "gate": ("carry connections through the ways of Gate17",
             "What a rule with action gate17 turns to it leaves by a way of portreeve.toml, or not at all. Programs may speak SOCKS5 to it "
             "on port 717. It holds no capability: its ports are handed over. With --node it is the far end of such a way, and tells on "
             "gate-node.sock what its clients do."),
    "notify": ("show questions about connections on the desktop",
               "It runs as a person, in the person's session, with no authority but the person's own: it shows the questions about that "
               "person's programs and gives back the answers. While it runs and the screen is not locked, somebody is there to answer. It "
               "opens no file and no network socket."),
    "gateway": ("serve the web page and its API on port 817",
                "It speaks HTTP to this machine's own people and programs and has no authority of its own: what a session may do is "
                "policy's word. It holds no capability and has no network: its ports are handed over."),
}


DOCUMENTS = {
    "portreeve-rules": (5, "the rules of the portreeve firewall", (("portreeve.toml", 5), ("portreeve-policy", 8))),
    "portreeve-list": (5, "lists of domain names of the portreeve firewall", (("portreeve.toml", 5), ("portreeve-lists", 8))),
    "portreeve-api": (7, "the API of the portreeve firewall over HTTP", (("portreeve-rpc", 7), ("portreeve-gateway", 8))),
    "portreeve-rpc": (7, "the Cap'n Proto interface of the portreeve firewall", (("portreeve-api", 7), ("portreeve-policy", 8))),
}


def escape(text):
    return re.sub(r"^([.'])", r"\\&\1", text.replace("\\", "\\e"))


def literal(text):
    lines = [escape(line.rstrip()) for line in text.strip("\n").splitlines()]
    return [".Bd -literal", *lines, ".Ed"]


def page(name, section, description, body):
    return [".\\\" SPDX-License-Identifier: GPL-3.0-or-later", f".Dd {DATE}", f".Dt {name.upper()} {section}", ".Os",
            ".Sh NAME", f".Nm {name}", f".Nd {description}", *body]


def paragraph(text):
    return [escape(sentence) for sentence in re.split(r"(?<=[.:;]) (?=[A-Z])", text.strip())]


def help_of(words):
    return subprocess.run([*words, "--help"], check=True, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}).stdout


def subcommands(text):
    found, inside = [], False
    for line in text.splitlines():
        if re.match(r"\S.*:$", line):
            inside = line == "Subcommands:"
        elif inside and (match := re.match(r"  ([a-z][a-z-]*)\s{2,}\S", line)):
            found.append(match[1])
    return found


def all_commands(binary, words=()):
    for name in subcommands(help_of([binary, *words])):
        path = (*words, name)
        yield path
        yield from all_commands(binary, path)


def see_also(*pages):
    lines = [f".Xr {name} {section} ," for name, section in pages]
    return [".Sh SEE ALSO", *lines[:-1], lines[-1][:-2]]


def command(binary):
    body = [".Sh SYNOPSIS", ".Nm", ".Ar command", ".Op Ar options", ".Sh DESCRIPTION",
            *paragraph("An application firewall: each connection is matched to its process, to the name it asked for, and to a rule "
                       "that a person can read. This is its command. Where systemd runs the suite, portreeve.target starts and stops it; "
                       "without systemd, portreeve up does. Members of the group portreeve-observe may see, of portreeve-admin may "
                       "change, root may both."),
            ".Sh COMMANDS"]
    for words in all_commands(binary):
        body += [f".Ss portreeve {' '.join(words)}", *literal(help_of([binary, *words]))]
    body += [".Sh ENVIRONMENT", ".Bl -tag -width Ds",
             ".It Ev CONFIGURATION_DIRECTORY , STATE_DIRECTORY , RUNTIME_DIRECTORY",
             "Where the suite's files and sockets are.", "Default:", ".Pa /etc/portreeve ,", ".Pa /var/lib/portreeve ,",
             ".Pa /run/portreeve .", ".It Ev NO_COLOR", "Print no colours.", ".It Ev PORTREEVE_LOG",
             "Set to debug: portreeve up and its daemons say more.", ".El",
             ".Sh FILES", ".Bl -tag -width Ds", ".It Pa /etc/portreeve/portreeve.toml", "Settings.",
             ".It Pa /etc/portreeve/rules.d/*.toml", "Rules, in the order of the files' names.",
             ".It Pa /var/lib/portreeve", "What the daemons keep.", ".It Pa /run/portreeve", "Their sockets.", ".El",
             ".Sh EXIT STATUS", "0: good; 1: failed; 2: wrong use; 3: not running.",
             *see_also(("portreeve-rules", 5), ("portreeve.toml", 5), *[(f"portreeve-{d}", 8) for d in sorted(DAEMONS)])]
    return page("portreeve", 1, "an application firewall that knows the process behind each connection", body)


def daemon(name, binary):
    description, text = DAEMONS[name]
    body = [".Sh SYNOPSIS", ".Nm", ".Op Fl Fl prove-sandbox | Fl Fl version | Fl Fl help", ".Sh DESCRIPTION", *paragraph(text), ".Pp",
            "What it says of itself:", *literal(help_of([binary])),
            ".Sh UNIT", *paragraph("systemd runs it as portreeve-lists.service, from time to time by portreeve-lists.timer, and by portreeve-lists.path when the API is asked for it." if name == "lists" else f"systemd runs it as portreeve-{name}.service, a part of portreeve.target, and hands over its sockets. "
                                   "It is ready when it does its work, says so with sd_notify(3), and is restarted whenever it ends."),
            ".Sh ENVIRONMENT", "As in", ".Xr portreeve 1 .",
            *see_also(("portreeve", 1), ("portreeve.toml", 5), ("systemd.unit", 5))]
    return page(f"portreeve-{name}", 8, description, body)


def settings(path):
    text = Path(path).read_text()
    body = [".Sh DESCRIPTION", *paragraph("Settings of the suite, read from $CONFIGURATION_DIRECTORY/portreeve.toml when a daemon starts, [policy] whenever it changes. "
                                          "A missing file or key means the default. `portreeve check` says whether the file is good. "
                                          "Below is the file as it is installed; each key stands there with its default."),
            *literal(text), *see_also(("portreeve", 1), ("portreeve-rules", 5))]
    return page("portreeve.toml", 5, "settings of the portreeve firewall", body)


def inline(text):
    text = escape(text)
    text = re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\*\*(.+?)\*\*", r"\\fB\1\\fP", text)
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fP", text)
    return re.sub(r"(?<!\w)\*([^*\s][^*]*)\*(?!\w)", r"\\fI\1\\fP", text)


def document(name, path):
    body, open_text, fenced, table = [".Sh DESCRIPTION"], True, None, []

    def end_table():
        if not table:
            return
        rows = [[re.sub(r"[`*]", "", cell.strip()) for cell in row.strip().strip("|").split("|")] for row in table
                if not re.fullmatch(r"[|\s:-]+", row.strip())]
        width = max(len(row[0]) for row in rows)
        body.extend(literal("\n".join(f"{row[0]:<{width}}  {'  '.join(row[1:])}".rstrip() for row in rows if any(row))))
        table.clear()

    previous_blank = False
    for line in Path(path).read_text().splitlines()[1:]:
        if fenced is not None:
            if line.startswith("```"):
                body.extend(literal("\n".join(fenced)))
                fenced = None
            else:
                fenced.append(line)
            continue
        if line.startswith("```"):
            fenced = []
        elif line.startswith("|"):
            table.append(line)
            continue
        elif line.startswith("#"):
            end_table()
            level, title = re.match(r"(#+) (.*)", line).groups()
            body.append(f".{'Sh' if len(level) == 2 else 'Ss'} {title.replace('`', '').upper() if len(level) == 2 else title.replace('`', '')}")
            previous_blank = False
            open_text = True
            continue
        elif not line.strip():
            end_table()
            previous_blank = True
            continue
        else:
            if previous_blank and not open_text:
                body.append(".Pp")
            elif re.match(r"\d+\. |- ", line) and not previous_blank:
                body.append(".Pp")
            body.extend(inline(part) for part in re.split(r"(?<=[a-z0-9)`*][.:?]) (?=[A-Z`*])", line.strip()))
            open_text = False
        previous_blank = False
    end_table()
    section, description, others = DOCUMENTS[name]
    return page(name, section, description, body + see_also(("portreeve", 1), *others))


if __name__ == "__main__":
    kinds = {"command": command, "daemon": daemon, "settings": settings, "document": document}
    print("\n".join(kinds[sys.argv[1]](*sys.argv[2:])))

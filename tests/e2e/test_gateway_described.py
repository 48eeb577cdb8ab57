# SPDX-License-Identifier: GPL-3.0-or-later
"""Property tests: whatever is asked, the answer is one that the OpenAPI description has, field by field."""
import json
import re
import subprocess
import urllib.parse
from pathlib import Path

import pytest
from harness.gateway import Login

hypothesis = pytest.importorskip("hypothesis")
jsonschema = pytest.importorskip("jsonschema")
st = hypothesis.strategies

DEFAULT = "allow"
BOUNDED = hypothesis.settings(max_examples=150, deadline=None, database=None, derandomize=True,
                              suppress_health_check=list(hypothesis.HealthCheck))

# One connection that asks what comes line by line (method, path, body) and answers status, type and text.
ASKER = r"""
import http.client, json, sys
headers = json.loads(sys.argv[1])
for line in sys.stdin:
    method, path, body = json.loads(line)
    connection = http.client.HTTPConnection("127.0.0.1", 817, timeout=60)
    connection.request(method, path, None if body is None else body.encode(), {**headers, **({} if body is None else {"Content-Type": "application/json"})})
    answer = connection.getresponse()
    print(json.dumps([answer.status, answer.headers.get("Content-Type"), answer.read().decode()]), flush=True)
    connection.close()
"""


class Asker:
    def __init__(self, suite):
        login = Login(suite)
        headers = {"Cookie": login.cookie, "Authorization": f"Bearer {login.token}", "Origin": "http://127.0.0.1:817", "If-Match": '"none of these"'}
        self.process = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, "/usr/bin/python3", "-c", ASKER, json.dumps(headers)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        suite.net.processes.append(self.process)

    def ask(self, method, path, body=None):
        self.process.stdin.write(json.dumps([method, path, body]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def asker(suite):
    for name in ("described-one", "described-two"):
        suite.probe(name, "tcp", "10.9.0.13", 7000)
    return Asker(suite)


@pytest.fixture(scope="module")
def description(asker):
    return json.loads(asker.ask("GET", "/api/v1/openapi.json")[2])


def value_of(schema):
    """What fits the schema, and what does not."""
    junk = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20) | st.integers().map(str) | st.sampled_from(["", "-1", "%", "\0", "*", "..", "1h"])
    if "enum" in schema:
        return st.sampled_from([str(value) for value in schema["enum"]]) | junk
    if schema.get("type") == "integer":
        return st.integers(schema.get("minimum", 0), schema.get("maximum", 10 ** 6)).map(str) | junk
    return st.sampled_from(["/usr/bin/curl", "described-one", "example.org", "10.9.0.13", "7d", "2026-01-01T00:00:00Z"]) | junk


def check(description, path, method, answer):
    status, media, text = answer
    responses = description["paths"][path][method]["responses"]
    content = responses.get(str(status), responses["default"])["content"]
    assert status < 500 or status == 503, (path, answer)
    assert (media or "").split(";")[0] in content, (path, answer)
    if "json" in media:
        schema = {**content[media.split(";")[0]]["schema"], "components": description["components"]}
        jsonschema.Draft202012Validator(schema).validate(json.loads(text))


def test_every_answer_to_a_question_is_as_described(asker, description):
    paths = [p for p, m in description["paths"].items() if "get" in m and not p.endswith(("/events", "/dns/lookup"))]

    @BOUNDED
    @hypothesis.given(st.data())
    def ask(data):
        path = data.draw(st.sampled_from(paths))
        known = [p for p in description["paths"][path]["get"].get("parameters", []) if p["in"] == "query"]
        chosen = data.draw(st.lists(st.sampled_from(known), max_size=3, unique_by=lambda p: p["name"])) if known else []
        pairs = [(p["name"], data.draw(value_of(p["schema"]))) for p in chosen]
        if data.draw(st.integers(0, 9)) == 0:
            pairs.append(("colour", "red"))
        query = urllib.parse.urlencode(pairs)
        check(description, path, "get", asker.ask("GET", path + ("?" + query if query else "")))

    ask()


def test_whatever_is_sent_to_change_something_is_answered_as_described(asker, description):
    # Nothing changes: If-Match names no rules that ever were.
    paths = [p for p, m in description["paths"].items() if "post" in m and p in (
        "/api/v1/rules", "/api/v1/rules/try", "/api/v1/rules/replace", "/api/v1/rules/move", "/api/v1/replay", "/api/v1/dns/flush")]
    leaf = st.none() | st.booleans() | st.integers(-10, 2 ** 40) | st.text(st.characters(blacklist_categories=["Cs"]), max_size=30) | st.floats(allow_nan=False)
    anything = st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)

    @BOUNDED
    @hypothesis.given(st.data())
    def ask(data):
        path = data.draw(st.sampled_from(paths))
        schema = description["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        names = list(description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]["properties"])
        body = data.draw(st.dictionaries(st.sampled_from(names), anything, max_size=3) | anything)
        check(description, path, "post", asker.ask("POST", path, json.dumps(body)))

    ask()


def test_the_description_has_every_field_that_the_schemas_have():
    # A field that was added to a view and not described would be refused by every check above.
    root = Path(__file__).resolve().parents[2]
    described = json.loads((root / "api-gateway/page/openapi.json").read_text(encoding="utf-8"))["components"]["schemas"]
    compared = 0
    for schema in ("view", "dns-view", "api-view", "prompt", "modes", "gate-view", "token"):
        text = (root / "proto" / f"{schema}.capnp").read_text(encoding="utf-8")
        for name, body in re.findall(r"^struct (\w+) \{(.*?)^\}", text, re.S | re.M):
            if "properties" not in described.get(name, {}):
                continue
            fields = {renamed or field for field, renamed in
                      re.findall(r'^ +(\w+) @\d+ :[^;$]*(?:\$Json\.name\("(\w+)"\))?;', body, re.M)}
            assert fields == set(described[name]["properties"]), (schema, name)
            compared += 1
    assert compared > 30

"""The schemas of Kubernetes' objects as kubeconform reads them, out of the OpenAPI document that the module k8s.io/kubernetes
has: one file a kind, strict: a field that is not in the schema is a fault."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]


def document():
    """None where the module is not there."""
    module = subprocess.run(["go", "list", "-mod=mod", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes"], text=True, check=False,
                            capture_output=True, stdin=subprocess.DEVNULL, cwd=ROOT / "e2e/cluster/go/kubernetes")
    path = pathlib.Path(module.stdout.strip() or "/nowhere") / "api/openapi-spec/swagger.json"
    return json.loads(path.read_text()) if path.is_file() else None


def strict(schema):
    """Also of what lies inside. Descriptions are left out, and formats, which kubeconform does not know."""
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "int-or-string":
        return {"type": ["string", "integer"]}
    if "$ref" in schema:
        return {"$ref": "definitions.json" + schema["$ref"]}
    out = {key: schema[key] for key in ("type", "required", "enum") if key in schema}
    for key in ("items", "additionalProperties"):
        if key in schema:
            out[key] = strict(schema[key])
    if "properties" in schema:
        out["properties"] = {name: strict(inner) for name, inner in schema["properties"].items()}
        out.setdefault("additionalProperties", False)
    return out


def write(folder):
    """False where there is nothing to write them from."""
    openapi = document()
    if openapi is None:
        return False
    definitions = {name: strict(schema) for name, schema in openapi["definitions"].items()}
    definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = {"type": ["string", "number"]}
    (folder / "definitions.json").write_text(json.dumps({"definitions": definitions}))
    for name, schema in openapi["definitions"].items():
        for kind in schema.get("x-kubernetes-group-version-kind", []):
            group = kind["group"].split(".")[0]
            parts = [kind["kind"], group, kind["version"]] if group else [kind["kind"], kind["version"]]
            file = folder / ("-".join(parts).lower() + ".json")
            file.write_text(json.dumps({"$ref": f"definitions.json#/definitions/{name}"}))
    return True

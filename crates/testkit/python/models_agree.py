"""Holds the common models against the types of the installed MergePythonClient.

    cargo run -p unisono-xtask -- models | python crates/testkit/python/models_agree.py

Compared are: response models (field set, type, nullability, enum values), list and retrieve parameters (with their
enum values, `expand` and `order_by`), request models (fields, types, required ones), and every path and method.
Each disagreement is one line; the exit code is 1 if there is any. What differs on purpose is in ALLOWED, with a reason.
"""

import datetime
import enum
import fnmatch
import importlib
import inspect
import json
import pkgutil
import re
import sys
import typing

import pydantic

# (what, reason): patterns of disagreements that are meant.
ALLOWED = [
    ("* *.field_mappings: type*", "one platform shape for what the SDK types freely or once per model"),
    ("accounting credit_notes.* *: values ['type']", "CreditNote has no field `type` whose origin could be shown"),
    ("ats Tag.remote_data: type*", "tags carry the same remote data as every other model"),
    ("filestorage F*.permissions: type*", "the SDK also takes one bare permission where the contract has a list"),
    ("filestorage files.download_request_meta_list *_after: type*", "the times are typed as plain strings there"),
    ("filestorage files.download_request_meta_list *_before: type*", "the times are typed as plain strings there"),
    ("filestorage files.download_request_meta_list ids: type*", "one comma-separated text on the wire"),
    ("hris GroupsTypesListResponse: missing in the SDK", "the SDK keeps this type beside its operation"),
]

# Resources that every category repeats; their shapes are compared, their endpoints are the server's own tables.
PLATFORM = set(
    "account_details account_token async_passthrough audit_trail available_actions delete_account field_mapping force_resync"
    " generate_key issues link_token linked_accounts passthrough regenerate_key scopes selective_sync sync_status"
    " webhook_receivers async_tasks".split()
)

# Types of the SDK that are envelopes around models, or bodies of platform endpoints.
ENVELOPES = ["Paginated*List", "*Response", "*FieldMappings", "*Endpoint*", "Patched*Request"]

found = []


def report(line):
    found.append(line)


def unwrap(kind):
    """Strips Optional and annotations; says whether null was among the choices."""
    if typing.get_origin(kind) is typing.Annotated:
        return unwrap(typing.get_args(kind)[0])
    if typing.get_origin(kind) is typing.Union:
        rest = [arg for arg in typing.get_args(kind) if arg is not type(None)]
        if len(rest) != len(typing.get_args(kind)):
            inner = rest[0] if len(rest) == 1 else typing.Union[tuple(rest)]
            return unwrap(inner)[0], True
    return kind, False


def is_class(kind, base):
    return inspect.isclass(kind) and issubclass(kind, base)


def describe(kind):
    """A type of the SDK in the words of ours: (word, detail)."""
    kind, _ = unwrap(kind)
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (list, typing.Sequence) or (origin and getattr(origin, "__name__", "") == "Sequence"):
        word, detail = describe(args[0])
        return "list", (word, detail)
    if origin is dict:
        word, _ = describe(args[1])
        return ("object", None) if word == "any" else ("map", word)
    if origin is typing.Union:
        parts = [describe(arg) for arg in args]
        words = {word for word, _ in parts}
        by_word = dict(parts)
        if words == {"integer", "number"}:
            return "number", None
        if words == {"string", "enum"}:
            return "enum", by_word["enum"]
        if words == {"string", "nested"}:
            return "ref", by_word["nested"]
        if "list" in words:
            return "csv", by_word["list"]
        return "one_of", sorted(words)
    if origin is typing.Literal:
        return "enum", list(args)
    if is_class(kind, enum.Enum):
        return "enum", [item.value for item in kind]
    if is_class(kind, pydantic.BaseModel):
        return "nested", kind.__name__
    simple = {str: "string", int: "integer", float: "number", bool: "boolean", datetime.datetime: "datetime", typing.Any: "any"}
    return simple.get(kind, str(kind)), None


class Ours:
    """The models as xtask printed them."""

    def __init__(self, text):
        data = json.loads(text)
        self.categories = {category["slug"]: category for category in data["categories"]}
        self.platform = data["platform"]

    def shape(self, category, name):
        for place in (self.categories[category], self.platform):
            for model in place["models"]:
                if model["name"] == name:
                    return model
        return None

    def describe(self, category, field):
        word = self.word(category, field["type"])
        return ("list", word) if field["list"] else word

    def word(self, category, kind):
        name = kind["kind"]
        if name == "enum":
            for place in (self.categories[category], self.platform):
                for item in place["enums"]:
                    if item["name"] == kind["name"]:
                        return "enum", item["values"]
        if name == "ref":
            return ("string", None) if kind["shape"] == "id" else ("ref", kind["model"])
        if name == "nested":
            return "nested", kind["model"]
        if name == "map":
            return "map", self.word(category, kind["of"])[0]
        if name == "one_of":
            return "one_of", sorted(self.word(category, one)[0] for one in kind["of"])
        return name, None


def same(ours, theirs, shared=False):
    """Whether the two descriptions mean the same on the wire; a shared shape may know more enum values."""
    if ours == theirs:
        return True
    if ours[0] == "list" and theirs[0] == "list":
        return same(ours[1], theirs[1], shared)
    if ours[0] == "enum" and theirs[0] == "enum":
        return set(ours[1]) >= set(theirs[1]) if shared else set(ours[1]) == set(theirs[1])
    # A body holds the nested model's request form; a one-of with a model is what we call a reference.
    if {ours[0], theirs[0]} <= {"nested", "ref"}:
        bare = re.sub(r"(Request)+$", "", str(theirs[1]))
        return ours[0] == theirs[0] and bare == ours[1]
    # A category may know fewer alternatives than the shared shape.
    if ours[0] == "one_of":
        return theirs[0] == "ref" or theirs[0] in ours[1]
    return False


def wire_name(name, field):
    for item in field.metadata:
        alias = getattr(item, "alias", None)
        if alias:
            return alias
    return field.alias or name.rstrip("_")


def compare_fields(ours, category, label, fields, sdk, superset, seen=None):
    theirs = {wire_name(name, field): field for name, field in sdk.model_fields.items()}
    for name, field in theirs.items():
        if seen is not None:
            seen.add(name)
        if name not in fields:
            report(f"{label}.{name}: missing here")
            continue
        mine, kind = fields[name], describe(field.annotation)
        if not same(ours.describe(category, mine), kind, superset):
            report(f"{label}.{name}: type {ours.describe(category, mine)} here, {kind} in the SDK")
        if field.is_required() and mine.get("nullable"):
            report(f"{label}.{name}: nullable here, required in the SDK")
    if not superset:
        for name in fields.keys() - theirs.keys():
            report(f"{label}.{name}: missing in the SDK")


def compare_models(ours, category, types):
    requests = {}
    for place in (ours.categories[category], ours.platform):
        for model in place["models"]:
            for key in ("create", "update"):
                if model.get(key):
                    requests[model[key]["name"]] = (model, model[key])
    reached = set()
    for name, sdk in types.items():
        model = ours.shape(category, name)
        if name in requests:
            body = requests[name][1]
            fields = {field["name"]: field for field in body["fields"]}
            if body["params"]:
                free = {"type": {"kind": "object"}, "list": False, "required": False}
                fields |= {"integration_params": free, "linked_account_params": free}
            compare_fields(ours, category, f"{category} {name}", fields, sdk, False)
            for key, field in fields.items():
                theirs = {wire_name(n, f): f for n, f in sdk.model_fields.items()}.get(key)
                if theirs is not None and theirs.is_required() != field["required"]:
                    report(f"{category} {name}.{key}: required here {field['required']}, in the SDK {theirs.is_required()}")
            reached.add(name)
        elif model is not None:
            shared = model["category"] == "platform"
            label = f"{category} {'platform ' if shared else ''}{name}"
            seen = platform_seen.setdefault(name, set()) if shared else None
            fields = {field["name"]: field for field in model["fields"]}
            compare_fields(ours, category, label, fields, sdk, shared, seen)
            reached.add(name)
        elif not any(fnmatch.fnmatch(name, pattern) for pattern in ENVELOPES):
            report(f"{category} {name}: the SDK's type is missing here")
    for model in ours.categories[category]["models"]:
        wanted = [model["name"]] + [model[key]["name"] for key in ("create", "update") if model.get(key)]
        request_only = bool(model.get("create")) and model["create"]["name"] in reached
        for name in wanted:
            if name not in reached and not (name == model["name"] and request_only and not model["operations"]):
                report(f"{category} {name}: missing in the SDK")


def calls(category):
    """Every operation of the SDK: (name, method, path, parameters)."""
    root = importlib.import_module(f"merge.resources.{category}.resources")
    for _, resource, _ in pkgutil.iter_modules(root.__path__):
        module = importlib.import_module(f"merge.resources.{category}.resources.{resource}.raw_client")
        for _, client in inspect.getmembers(module, inspect.isclass):
            if client.__module__ != module.__name__ or client.__name__.startswith("Async"):
                continue
            for name, function in inspect.getmembers(client, inspect.isfunction):
                source = inspect.getsource(function)
                hit = re.search(r'(?:request|stream)\(\s*f?"([^"]*)",\s*method="(\w+)"', source)
                if name.startswith("_") or not hit:
                    continue
                path = re.sub(r"\{jsonable_encoder\((\w+)\)\}", r"{\1}", hit[1])
                block = re.search(r"params=\{(.*?)\n\s*\},?\n\s*(?:json|request_options|headers)", source, re.S)
                keys = re.findall(r'^\s*"(\w+)":', block[1], re.M) if block else []
                hints = typing.get_type_hints(function)
                yield f"{resource}.{name}", hit[2], "/" + path.split("/", 2)[2], {key: hints.get(key) for key in keys}


def own_calls(ours, category):
    for model in ours.categories[category]["models"]:
        for listing in model["lists"]:
            yield listing["operation"], "GET", listing["path"], listing_params(listing)
        if model["retrieve"]:
            yield model["retrieve"]["operation"], "GET", model["retrieve"]["path"], shape_params(model["retrieve"])
        for key, method, tail in (("create", "POST", ""), ("update", "PATCH", "/{id}")):
            if model[key] and model[key]["operation"]:
                params = {"is_debug_mode": ("boolean", None), "run_async": ("boolean", None)}
                yield model[key]["operation"], method, model["path"] + tail, params
        for endpoint in model["endpoints"]:
            yield endpoint["operation"], endpoint["method"], endpoint["path"], {key: None for key in endpoint["query"]}


def shape_params(spec):
    params = {f"include_{name}": ("boolean", None) for name, on in spec["include"].items() if on}
    if spec["expand"]:
        params["expand"] = ("csv", ("enum", spec["expand"]))
    if spec["enum_origins"]:
        params["show_enum_origins"] = params["remote_fields"] = ("csv", ("enum", spec["enum_origins"]))
    return params


def listing_params(listing):
    params = shape_params(listing) | {"cursor": ("string", None), "page_size": ("integer", None)}
    for item in listing["filters"]:
        if item["choices"]:
            params[item["param"]] = ("enum", item["choices"])
        else:
            params[item["param"]] = ("datetime" if item["value"] == "datetime" else "string", None)
    if listing["order_by"]:
        orders = [sign + name for name in listing["order_by"] for sign in ("", "-")]
        params["order_by"] = ("enum", orders)
    return params


def values(word):
    """The values of an enum, a comma-separated subset of one, or a single choice."""
    if word[0] == "csv" and word[1]:
        return values(word[1])
    # The SDK spells every combination of a short list as one value.
    return {part for value in word[1] for part in value.split(",")} if word[0] == "enum" else None


def compare_param(label, mine, hint):
    theirs = describe(hint)
    if theirs[0] == "boolean" and mine == ("string", None):
        return
    if values(mine) is None and values(theirs) is None:
        if mine[0] != theirs[0]:
            report(f"{label}: type {mine} here, {theirs} in the SDK")
        return
    gap = (values(mine) or set()) ^ (values(theirs) or set())
    if gap:
        report(f"{label}: values {sorted(gap)}")


def compare_calls(ours, category):
    mine = {name: (method, path, params) for name, method, path, params in own_calls(ours, category)}
    theirs = {name: rest for name, *rest in calls(category) if name.split(".")[0] not in PLATFORM}
    for name in mine.keys() - theirs.keys():
        report(f"{category} {name}: missing in the SDK")
    for name, (method, path, params) in theirs.items():
        if name not in mine:
            report(f"{category} {name}: missing here ({method} {path})")
            continue
        if (method, path) != mine[name][:2]:
            report(f"{category} {name}: {' '.join(mine[name][:2])} here, {method} {path} in the SDK")
        for key in params.keys() ^ mine[name][2].keys():
            report(f"{category} {name} {key}: only {'in the SDK' if key in params else 'here'}")
        for key in params.keys() & mine[name][2].keys():
            if mine[name][2][key] is not None:
                compare_param(f"{category} {name} {key}", mine[name][2][key], params[key])


platform_seen = {}


def main():
    ours = Ours(sys.stdin.read())
    counts = [0, 0]
    for category in ours.categories:
        module = importlib.import_module(f"merge.resources.{category}.types")
        types = {name: getattr(module, name) for name in module.__all__}
        types = {name: kind for name, kind in types.items() if is_class(kind, pydantic.BaseModel)}
        counts[0] += len(types)
        counts[1] += sum(1 for _ in calls(category))
        compare_models(ours, category, types)
        compare_calls(ours, category)
    for model in ours.platform["models"]:
        for field in model["fields"]:
            if model["name"] in platform_seen and field["name"] not in platform_seen[model["name"]]:
                report(f"platform {model['name']}.{field['name']}: missing in every category of the SDK")
    used, lines = set(), []
    for line in found:
        rule = next((pattern for pattern, _ in ALLOWED if fnmatch.fnmatch(line, pattern.replace("[", "[[]"))), None)
        used.add(rule)
        if rule is None:
            lines.append(line)
    lines += [f"allowed, but not found any more: {pattern}" for pattern, _ in ALLOWED if pattern not in used]
    print("\n".join(lines))
    print(f"{counts[0]} types and {counts[1]} operations of the SDK compared, {len(lines)} disagreements")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())

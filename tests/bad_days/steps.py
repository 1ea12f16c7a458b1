"""Steps for tests of runs on several nodes: they can be held, fail and sleep."""
from harness import python

# What it gets, after the seconds that its member "sleep" says, and when the file of its member "gate" is there; fails as its member "fail" says.
STEP = """import os, time
def handler(event, context):
    print('step', context.step, context.attempt)
    event = event if isinstance(event, dict) else {'value': event}
    time.sleep(event.get('sleep', 0))
    while 'gate' in event and not os.path.exists(event['gate']):
        time.sleep(0.01)
    if event.get('fail', 0) >= context.attempt:
        raise ValueError('asked for')
    return event.get('value')
"""
F = [python("f", STEP)]


def chain(*names, **gates):
    """Steps that each give on the value of the one before; `gates` has files that steps wait for."""
    steps = []
    for i, name in enumerate(names):
        event = {"value": f"${{steps.{names[i - 1]}.output}}" if i else "${input.value}"}
        steps.append({"name": name, "function": "f", "input": event | ({"gate": str(gates[name])} if name in gates else {})})
    return steps


def nodes_of(record):
    return {step["name"]: [attempt["node"] for attempt in step["attempts"]] for step in record["steps"] if step["attempts"]}

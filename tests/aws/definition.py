"""Holds the state machine of the template to what its authors promise, without running it.

Every task retries and catches, nothing deletes, every state is reached, subjects are short constants, and the machine's
role may do what its tasks do and nothing else.
"""

import re
import sys

import yaml


class Template(yaml.SafeLoader):
    """Reads short forms of CloudFormation's functions as their arguments."""


def argument(loader, _suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


Template.add_multi_constructor("!", argument)


def machines(machine):
    """The machine and every machine inside it."""
    yield machine
    for state in machine["States"].values():
        for inner in [state.get("ItemProcessor"), *state.get("Branches", [])]:
            if inner:
                yield from machines(inner)


def next_states(state):
    targets = [state.get("Next"), state.get("Default")]
    targets += [rule["Next"] for key in ("Choices", "Catch") for rule in state.get(key, [])]
    return {target for target in targets if target}


def state_errors(name, state):
    if state["Type"] == "Task":
        if not state.get("Retry"):
            yield f"{name} does not retry"
        if re.search("delete|remove|detach", state["Resource"], re.IGNORECASE):
            yield f"{name} takes something away: {state['Resource']}"
    if state["Type"] in ("Task", "Map", "Parallel"):
        if [rule["ErrorEquals"] for rule in state.get("Catch", [])][-1:] != [["States.ALL"]]:
            yield f"{name} does not catch every error"
    if ":sns:publish" in state.get("Resource", ""):
        subject = state["Arguments"]["Subject"]
        if "{%" in subject or len(subject) >= 100:
            yield f"{name} has a subject that SNS may refuse"


def machine_errors(machine):
    states = machine["States"]
    reached = {machine["StartAt"]}.union(*(next_states(state) for state in states.values()))
    for name in sorted(reached ^ set(states)):
        yield f"{name} is not reached or not there"
    for name, state in states.items():
        yield from state_errors(name, state)


def action(resource):
    """The permission that a task needs: `...:aws-sdk:iam:listAccessKeys` needs `iam:ListAccessKeys`."""
    service, name = resource.split(":")[-2:]
    return f"{service}:{name[0].upper()}{name[1:]}"


def allowed(role):
    for statement in role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
        statement = statement[1] if isinstance(statement, list) else statement  # !If
        actions = statement["Action"]
        yield from [actions] if isinstance(actions, str) else actions


def main():
    with open(sys.argv[1]) as file:
        resources = yaml.load(file, Template)["Resources"]
    definition = resources["Machine"]["Properties"]["Definition"]
    everything = list(machines(definition))
    errors = [error for machine in everything for error in machine_errors(machine)]
    states = [state for machine in everything for state in machine["States"].values()]
    used = {action(state["Resource"]) for state in states if state["Type"] == "Task"}
    errors += [f"the role lacks or needs not {name}" for name in sorted(used ^ set(allowed(resources["MachineRole"])))]
    if len(str(definition)) > 1_000_000:
        errors.append("the definition is larger than AWS takes")
    for error in errors:
        print(f"definition: {error}")
    print(f"definition: {len(states)} states, {len(used)} actions, {len(errors)} errors")
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main())

"""Where the page "Architecture" stands: one net, in its controls and in its address.

The menu of nets and the controls say the same thing twice, so whichever is moved puts the
other. A net of the menu is in the address by its name alone; any other with all that differs
from the net the page starts with.
"""

from dataclasses import asdict

import streamlit as st
from architecture_plans import FIRST, OWN, PLANS, SETTINGS, Plan, name_of

NET = "architecture.start"


def key_of(setting: str) -> str:
    """The key of a control, and its name in the address."""
    return f"architecture.{setting}"


def starting_point() -> Plan:
    """The net whose settings are the controls' defaults: that of the menu, or the first."""
    name = st.session_state.get(NET, st.query_params.get(NET, FIRST))
    return PLANS.get(name, PLANS[FIRST])


def started() -> None:
    """The menu was used: put all controls."""
    name = st.session_state[NET]
    _put(PLANS[name] if name in PLANS else _standing())


def changed() -> None:
    """A control was used: the net is another one, by name or the visitor's own."""
    plan = _standing()
    st.session_state[NET] = name_of(plan)
    _put(plan)


def settle(name: str, plan: Plan) -> None:
    """Take the right name where an address gives a net by name, and something else beside it."""
    if name != OWN and PLANS[name] != plan:
        st.session_state["architecture.rename"] = True
        st.rerun()


def rename() -> None:
    """The second half of ``settle``, before any control is drawn again."""
    if st.session_state.pop("architecture.rename", False):
        changed()


def _standing() -> Plan:
    return Plan(**{name: st.session_state[key_of(name)] for name in SETTINGS})


def _put(plan: Plan) -> None:
    # also what stays: written anew, it goes to the address where the new defaults need it
    for name, value in asdict(plan).items():
        st.session_state[key_of(name)] = value

"""An optional login for teams: any OpenID Connect provider, configured in .streamlit/secrets.toml (docs/guide-studio.md)."""

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from studio.widgets.page import empty


def require_login() -> None:
    """Show nothing but a login where the workspace's secrets name a provider and the reader is not known yet."""
    if not _configured() or st.user.is_logged_in:
        return
    with empty("Kardia Studio", "This studio asks who you are before it shows anything."):
        st.button("Log in", type="primary", on_click=st.login)
    st.stop()


def who() -> str:
    """The reader's name where there is a login, else nothing: pages then ask for one."""
    return str(st.user.get("name") or st.user.get("email") or "") if _configured() else ""


def _configured() -> bool:
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False

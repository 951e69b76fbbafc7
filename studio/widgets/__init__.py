"""What pages are made of: the bar, the states, and the components that Streamlit has no element for."""

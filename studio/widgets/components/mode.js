// Tells the page when the reader switches between light and dark: Streamlit draws nothing anew then.
export default function ({ parentElement, setTriggerValue }) {
  const colour = () => getComputedStyle(parentElement.host || parentElement).getPropertyValue('--st-background-color');
  const before = colour();
  const watch = setInterval(() => {
    if (colour() !== before) { clearInterval(watch); setTriggerValue('changed', colour()); }
  }, 400);
  return () => clearInterval(watch);
}

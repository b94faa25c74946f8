// The page also works without this file. A rejected sign-in is the response to a POST, which Back and reload would ask to send again.
history.replaceState(history.state, "", location.href);

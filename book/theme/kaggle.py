"""A button for Kaggle, beside those that the theme has for other places."""

KAGGLE = "https://kaggle.com/kernels/welcome?src="


def add_kaggle(app, pagename, templatename, context, doctree):
    """Add the button where the theme has that of Colab."""
    for group in context.get("header_buttons", []):
        for button in list(group.get("buttons", [])):
            before, found, path = button.get("url", "").partition("/github/")
            if found:
                raw = path.replace("/blob/", "/", 1)
                new = {
                    "text": "Kaggle",
                    "tooltip": "Launch on Kaggle",
                    "icon": "fab fa-kaggle",
                    "url": f"{KAGGLE}https://raw.githubusercontent.com/{raw}",
                }
                group["buttons"].append({**button, **new})


def setup(app):
    """Run after the theme, which adds its buttons with priority 501."""
    app.connect("html-page-context", add_kaggle, priority=502)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

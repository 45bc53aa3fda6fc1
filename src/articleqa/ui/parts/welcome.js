delegate(["samples"], () => show("library"));

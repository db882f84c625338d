"""The tools a model may call: checked arguments, the working folder, the tools themselves."""

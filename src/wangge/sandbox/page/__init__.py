"""The chat page: the town's people side by side in a browser, as users of a messenger know it.

The server renders every bubble, for the first paint and for each change; the little JavaScript beside
it puts what it is sent into its place and carries out what people do over the control paths.
"""

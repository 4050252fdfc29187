"""REST over aiohttp: sign-in, calls, configuration, and the files of the Mini App."""

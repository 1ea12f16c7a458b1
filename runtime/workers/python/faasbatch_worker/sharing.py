def install(share): pass

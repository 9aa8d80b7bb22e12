def cases(workshop, folder):
    return []

print("clipgraph")

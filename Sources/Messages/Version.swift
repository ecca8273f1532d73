/// Danlu's version: the command says it, run folders and result files record it.
public let danluVersion = "0.1.0"

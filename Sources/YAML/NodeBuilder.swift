// SPDX-License-Identifier: Apache-2.0

/// Builds the node tree of one document.
///
/// An alias shares its anchor's storage, so it costs no memory here; but whoever walks the tree meets it in full, which
/// is why aliases count with all their nodes and levels.
struct NodeBuilder {
    private let parser: EventParser
    private let limits: ReadLimits
    private var anchors: [String: Built] = [:]
    private var nodes = 0

    /// A node with the number of nodes in it and of levels in it.
    private struct Built {
        let node: Node
        let nodes: Int
        let height: Int
    }

    init(parser: EventParser, limits: ReadLimits) {
        self.parser = parser
        self.limits = limits
    }

    mutating func document() throws(ReadError) -> Node {
        let (event, mark) = try parser.next()
        return try build(event, mark, depth: 1)?.node ?? Node(content: .sequence([]), mark: mark, tag: nil)
    }

    /// Nil at the end of the container that is being read.
    private mutating func build(_ event: Event, _ mark: Mark, depth: Int) throws(ReadError) -> Built? {
        switch event {
        case .scalar(let scalar, let properties):
            if let tag = properties.tag, let type = CoreTag(rawValue: tag), type.read(scalar.text) == nil {
                throw ReadError(.tagMismatch(tag: tag, text: scalar.text), at: mark)
            }
            try count(1, 1, depth, mark)
            return remember(.scalar(scalar), properties, mark, nodes: 1, height: 1)
        case .sequenceStart(let properties): return try sequence(properties, mark, depth)
        case .mappingStart(let properties): return try mapping(properties, mark, depth)
        case .alias(let name):
            guard let target = anchors[name] else { throw ReadError(.unknownAlias(name), at: mark) }
            try count(target.nodes, target.height, depth, mark)
            return target
        case .containerEnd, .documentStart, .documentEnd, .streamEnd: return nil
        }
    }

    private mutating func sequence(_ properties: Event.Properties, _ mark: Mark, _ depth: Int) throws(ReadError)
        -> Built
    {
        try count(1, 1, depth, mark)
        var items: [Node] = []
        var total = 1
        var height = 0
        while true {
            let (event, itemMark) = try parser.next()
            guard let item = try build(event, itemMark, depth: depth + 1) else { break }
            items.append(item.node)
            total += item.nodes
            height = max(height, item.height)
        }
        return remember(.sequence(items), properties, mark, nodes: total, height: height + 1)
    }

    private mutating func mapping(_ properties: Event.Properties, _ mark: Mark, _ depth: Int) throws(ReadError) -> Built
    {
        try count(1, 1, depth, mark)
        var members = Members()
        var total = 1
        var height = 0
        while true {
            let (keyEvent, keyMark) = try parser.next()
            guard let key = try build(keyEvent, keyMark, depth: depth + 1) else { break }
            let (event, valueMark) = try parser.next()
            guard let value = try build(event, valueMark, depth: depth + 1) else { break }
            try members.add(key.node, keyMark, value.node)
            total += key.nodes + value.nodes
            height = max(height, value.height)
        }
        return remember(.mapping(try members.merged()), properties, mark, nodes: total, height: height + 1)
    }

    private mutating func count(_ added: Int, _ height: Int, _ depth: Int, _ mark: Mark) throws(ReadError) {
        guard depth + height - 1 <= limits.depth else { throw ReadError(.tooDeep(limit: limits.depth), at: mark) }
        nodes += added
        guard nodes <= limits.nodes else { throw ReadError(.tooManyNodes(limit: limits.nodes), at: mark) }
    }

    private mutating func remember(
        _ content: Node.Content, _ properties: Event.Properties, _ mark: Mark, nodes: Int, height: Int
    ) -> Built {
        let built = Built(node: Node(content: content, mark: mark, tag: properties.tag), nodes: nodes, height: height)
        if let anchor = properties.anchor { anchors[anchor] = built }
        return built
    }
}

/// The members of a mapping in the making, each key once.
private struct Members {
    private var entries: [Node.Entry] = []
    private var keys: Set<String> = []
    private var merge: Node?

    mutating func add(_ key: Node, _ mark: Mark, _ value: Node) throws(ReadError) {
        guard case .scalar(let scalar) = key.content else { throw ReadError(.keyNotScalar, at: mark) }
        guard keys.insert(scalar.text).inserted else { throw ReadError(.duplicateKey(scalar.text), at: mark) }
        if scalar.isPlain, scalar.text == "<<", key.tag == nil {
            merge = value
        } else {
            entries.append(Node.Entry(key: scalar.text, keyMark: mark, value: value))
        }
    }

    /// The members with those of `<<`, which yield to the mapping's own and to earlier ones.
    consuming func merged() throws(ReadError) -> [Node.Entry] {
        guard let merge else { return entries }
        for source in merge.items ?? [merge] {
            guard let added = source.entries else { throw ReadError(.mergeNotMapping, at: source.mark) }
            for entry in added where keys.insert(entry.key).inserted { entries.append(entry) }
        }
        return entries
    }
}

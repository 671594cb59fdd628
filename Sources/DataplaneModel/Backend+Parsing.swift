// SPDX-License-Identifier: Apache-2.0

extension Backend {
    /// Reads `ADDR:PORT[,weight=N][,local]`, the options in any order and once each.
    package init(_ text: String) throws(ServiceParseError) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        do {
            self.init(endpoint: try Endpoint(parts.first ?? ""))
        } catch {
            throw .address(error)
        }
        var seen: Set<Substring> = []
        for option in parts.dropFirst() {
            let name = option.prefix { $0 != "=" }
            guard seen.insert(name).inserted else { throw .repeatedBackendOption(text, option: String(name)) }
            if option == "local" {
                isLocal = true
            } else if name == "weight" {
                let digits = option.dropFirst(name.count + 1)
                guard let value = decimal(digits.utf8, digits: 3), Self.weights.contains(value) else {
                    throw .backendWeight(text, weight: String(digits))
                }
                weight = value
            } else {
                throw .backendOption(text, option: String(option))
            }
        }
    }
}

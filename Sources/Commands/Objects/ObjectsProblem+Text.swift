// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import Kubernetes

extension ObjectsProblem {
    /// - Parameter file: as the user named it.
    func text(of file: String) -> ErrorText {
        ErrorText(
            "cannot apply \(quoted(file == DocumentInput.standardInput ? "<stdin>" : file)): \(sentence)", hint: hint)
    }

    private var sentence: String {
        switch self {
        case .translation(let error): error.message
        case .noEndpoints(let names):
            "no EndpointSlice or Endpoints in it, so every backend of \(names.listed) would go"
        case .noServices(let count):
            "no Service in it, so --prune would delete \(count == 1 ? "the one" : "all \(count)") that there are"
        }
    }

    private var hint: String? {
        switch self {
        case .translation(.unknownPlaces): "\(Self.whole), or say which node this is with '--node NAME'"
        case .translation(.otherMachine(_, _, of: let node)): "say which node this is with '--node \(node)'"
        case .translation: "say which node this is with '--node NAME'"
        case .noEndpoints, .noServices: Self.whole
        }
    }

    private static let whole = "give it what 'kubectl get services,endpointslices,nodes -A -o json' prints"
}

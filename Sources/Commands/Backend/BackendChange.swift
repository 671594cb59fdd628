// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

extension CommandContext {
    /// Changes backends that a service has, each by itself; what is reported has been written.
    ///
    /// - Parameter change: is given the service and the backend's place in it.
    func forEachBackend(
        _ endpoints: [Endpoint], of name: ServiceName, _ removal: BackendRemoval,
        change: (inout Service, Int) -> Change.Outcome
    ) throws -> ExitCode {
        let dataplane = try writing()
        let store = try dataplane.services()
        guard var service = try store.service(named: name) else { throw store.unknown(name) }
        var removal = removal
        let result = Result {
            try forEach(endpoints) { endpoint in
                guard let index = service.backends.firstIndex(where: { $0.endpoint == endpoint }) else {
                    throw DataplaneError.unknownBackend(name, endpoint)
                }
                var changed = service
                let outcome = change(&changed, index)
                _ = try dataplane.replace(changed, isDryRun: isDryRun, &removal)
                service = changed
                return Change("backend", "\(name) \(endpoint)", outcome, isDryRun: isDryRun)
            }
        }
        try finish(removal, of: [name], in: dataplane)
        let code = try result.get()
        noteIfRefusing(service)
        return code
    }

    /// Refuses a service that a change of its backends would make impossible; it may be left without any.
    func check(_ service: Service) throws(CommandError) {
        do {
            try service.validate(backends: .optional)
        } catch {
            throw .input(InputError(reason: error, command: invocation.command))
        }
    }
}

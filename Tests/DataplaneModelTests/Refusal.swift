// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

/// The message with which the model refuses something, or what it made of it.
func refusal(_ body: () throws -> some Any) -> String {
    do {
        return "accepted: \(try body())"
    } catch let error as any ModelError {
        return error.message
    } catch {
        return "another error: \(error)"
    }
}

// SPDX-License-Identifier: Apache-2.0

package import BPFRuntime

/// A great many packets for one program, in batches that each begin with the same state.
package struct Storm: Sendable {
    package var world: World
    package var seed: UInt64
    /// Packets of a batch.
    package var size: Int
    package var templates: [Template]
    /// Where packets are; most of them at the first.
    package var places: [Circumstance]
    /// What is sent before: flows that packets of the batch may belong to.
    package var prelude: [(place: Circumstance, packet: [UInt8])] = []
    /// Tuples in the table whose flows are over.
    package var stale: [Tuple] = []
    /// What the programs leave in `tc_index`.
    package var doneMark: UInt32

    package init(
        _ world: World, seed: UInt64, size: Int, templates: [Template], places: [Circumstance], doneMark: UInt32
    ) {
        (self.world, self.seed, self.size, self.templates) = (world, seed, size, templates)
        (self.places, self.doneMark) = (places, doneMark)
    }

    /// What a batch came to.
    package struct Tally: Sendable {
        package var foreign = 0
        package var left = 0
        package var served = 0
        package var refused = 0
        package var dropped = 0
        /// Runs that count an exit.
        package var counted: UInt64 = 0
        package var drops: UInt64 = 0
        package var redirects: UInt64 = 0
        package var digest = Digest()
        package var oracle: Oracle

        mutating func add(_ judgement: Oracle.Judgement) {
            switch judgement {
            case .foreign: foreign += 1
            case .left: left += 1
            case .served: served += 1
            case .refused: refused += 1
            case .dropped: dropped += 1
            }
        }
    }

    /// A run that went wrong.
    package struct Failure: Error, CustomStringConvertible {
        package let complaint: String
        /// Of the batch; -1 and below in its prelude.
        package let number: Int
        let place: Circumstance
        let run: Run
        let input: [UInt8]
        let output: [UInt8]

        package var description: String {
            """
            \(complaint): verdict \(run.verdict), \(place)
            in  \(hexadecimal(input))
            out \(hexadecimal(output))
            """
        }
    }

    /// - Parameter runner: of the seasoning program.
    /// - Parameter observe: called with the number of exits that should have been counted so far, after each packet.
    package func run(
        batch: Int, _ runner: inout TestRunner, observe: ((UInt64) throws -> String?)? = nil
    ) throws -> Tally {
        var tally = Tally(oracle: Oracle(world))
        tally.oracle.stale = Set(stale)
        tally.oracle.discovered = stale
        var last: Circumstance?
        var output = [UInt8](repeating: 0, count: Mutator.room + 256)
        for (index, item) in prelude.enumerated() {
            try run(
                item.packet, item.packet.count, item.place, &last, &runner, &output, index - prelude.count, &tally,
                observe)
        }
        var noise = Noise(seed: seed ^ mixed(UInt64(truncatingIfNeeded: batch + 1)))
        var mutator = Mutator(templates, isV4: world.isV4, noise: Noise(seed: noise.next()))
        for number in 0..<size {
            mutator.next(tally.oracle.discovered)
            let place = places[noise.below(8) < 5 ? 0 : noise.below(places.count)]
            try run(mutator.bytes, mutator.length, place, &last, &runner, &output, number, &tally, observe)
        }
        return tally
    }

    private func run(
        _ bytes: [UInt8], _ length: Int, _ place: Circumstance, _ last: inout Circumstance?,
        _ runner: inout TestRunner, _ output: inout [UInt8], _ number: Int, _ tally: inout Tally,
        _ observe: ((UInt64) throws -> String?)?
    ) throws {
        if place != last {
            runner.use(context(place))
            last = place
        }
        let answer = try runner.run(bytes, length: length, into: &output)
        let run = Run(verdict: answer.verdict, length: answer.length)
        if tally.oracle.isCounted(bytes, place) { tally.counted += 1 }
        func failure(_ complaint: String) -> Failure {
            Failure(
                complaint: complaint, number: number, place: place, run: run, input: Array(bytes[..<length]),
                output: Array(output[..<min(run.length, output.count)]))
        }
        do throws(Complaint) {
            let judgement = try tally.oracle.judge(bytes, length, at: place, output, run)
            tally.add(judgement)
            if judgement == .served || judgement == .refused { tally.digest.add(output, run.length) }
        } catch {
            throw failure(error.rawValue)
        }
        if run.verdict == 2 { tally.drops += 1 }
        if run.verdict == 7 { tally.redirects += 1 }
        tally.digest.add(UInt64(UInt32(bitPattern: run.verdict)) << 32 | UInt64(run.length))
        if let complaint = try observe?(tally.counted) { throw failure(complaint) }
    }

    private func context(_ place: Circumstance) -> PacketContext {
        var context = PacketContext()
        context.interface = place.interface
        context.ingressInterface = place.ingress
        context.segmentSize = place.segmentSize
        context.scratch = place.scratch(doneMark: doneMark, isV4: world.isV4)
        return context
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

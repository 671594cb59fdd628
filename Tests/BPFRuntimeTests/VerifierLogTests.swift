// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import Testing

struct VerifierLogTests {
    @Test func theEndIsKeptAndTheBookkeepingIsNot() {
        let text = """
            0: R1=ctx() R10=fp0
            ; return *data;
            0: (61) r1 = *(u32 *)(r1 +76)
            1: (71) r0 = *(u8 *)(r1 +0)
            R1 invalid mem access 'scalar'
            verification time 41 usec
            stack depth 0
            processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0

            """
        let log = VerifierLog(text, keeping: 3)
        let last = ["0: (61) r1 = *(u32 *)(r1 +76)", "1: (71) r0 = *(u8 *)(r1 +0)", "R1 invalid mem access 'scalar'"]
        #expect(log.lines == last)
        #expect(log.omitted == 2)
        #expect(log.full == text)
    }

    @Test func aShortLogIsKeptWhole() {
        let log = VerifierLog("R5 !read_ok\n")
        #expect(log.lines == ["R5 !read_ok"])
        #expect(log.omitted == 0)
    }

    @Test func anEmptyLogHasNoLines() {
        #expect(VerifierLog("").lines == [])
    }
}

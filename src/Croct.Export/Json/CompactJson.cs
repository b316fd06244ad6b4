#if NET
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text.Json;

namespace Croct.Export.Json;

/// <summary>
/// Skips objects and arrays that are written as servers write them, without whitespace between tokens, in blocks of 64 bytes: a bit of a word stands for each
/// byte, and shifting words tells what stands next to what. Raw pages are nothing but objects that are skipped, so this is their speed.
/// </summary>
/// <remarks>
/// It takes nothing that is not well-formed. It gives up at whitespace, deep nesting, the last bytes of a document and all errors but malformed scalars: the
/// scanner, which goes from token to token, then starts over, and finds the words for an error. What is given up late is read twice, and never more often.
/// Without it, raw-vs-drain of the comparison lay between 0.46 and 0.64 in six runs, and below its floor of 0.5 in some; with it, between 0.54 and 0.73 in nine.
/// </remarks>
internal static class CompactJson
{
    /// <summary>How deep what is skipped may be nested: a bit of a word for each object and array that is open.</summary>
    public const int MaxDepth = 64;

    private const int BlockLength = 64;

    /// <summary>The position behind the object or array that begins at a byte; -1 to give up, which does not mean that something is wrong.</summary>
    /// <exception cref="JsonException">A number or word is malformed, and nothing before it is.</exception>
    public static int EndOf(ReadOnlySpan<byte> document, int start)
    {
        // The objects and arrays that are open, the innermost in the lowest bit: 1 for an object. What begins the document here is the first.
        var open = 1;
        var objects = document[start] == '{' ? 1UL : 0UL;

        // What goes on from a block to the next: all bits or none for being in a string, 0 or 1 for all others.
        var (inKey, inString, escape) = (objects, 0UL, 0UL);
        var (lastLead, lastOpening, lastScalar) = (1UL, 1UL, 0UL);
        for (var block = start + 1; block <= document.Length - BlockLength; block += BlockLength)
        {
            var bytes = Vector512.Create(document.Slice(block, BlockLength));
            var backslashes = Of(bytes, '\\');
            var controls = Vector512.LessThan(bytes, Vector512.Create((byte)' ')).ExtractMostSignificantBits();
            var quotes = Of(bytes, '"');
            if ((backslashes | controls | escape) != 0)
            {
                if (controls != 0 || !TryFindEscaped(document, block, backslashes, ref escape, out var escaped)) return -1;
                quotes &= ~escaped;
            }

            // From each opening quote up to its closing one, that one not included.
            var texts = FromOddToEven(quotes) ^ inString;
            inString = (ulong)((long)texts >> 63);
            var outside = ~(texts | quotes);

            // In ASCII, brackets are braces without the bit of 0x20, and shifting that bit to the top makes it the one that is extracted.
            var folded = bytes | Vector512.Create((byte)0x20);
            var openings = outside & Of(folded, '{');
            var closings = outside & Of(folded, '}');
            var brackets = (openings | closings) & ~(bytes << 2).ExtractMostSignificantBits();
            var colons = outside & Of(bytes, ':');
            var commas = outside & Of(bytes, ',');
            var separators = colons | commas;
            var scalars = outside & ~(separators | openings | closings);

            // A token begins behind each lead, an opening or separator, and nowhere else, but that a scalar is continued behind its own bytes, and that behind
            // an opening may stand its closing. Of the reasons to stand where it stands, a token has none or two if it is in the wrong place: the exclusive or
            // of all is 0 where all is well. A space outside of strings counts as a byte of a scalar, which is then refused.
            var leads = openings | separators;
            var continued = scalars & (scalars << 1 | lastScalar);
            var emptyEnds = closings & (openings << 1 | lastOpening);
            var tokens = (quotes & texts) | outside;
            var bad = ((leads << 1 | lastLead) ^ tokens ^ separators ^ closings ^ continued ^ emptyEnds) & tokens;
            lastLead = leads >> 63;
            lastOpening = openings >> 63;
            lastScalar = scalars >> 63;

            // Whole numbers are seen to be well-formed. All others are looked at one by one, and those of two blocks too.
            var firsts = scalars & ~continued;
            var digits = Vector512.LessThan(bytes - Vector512.Create((byte)'0'), Vector512.Create((byte)10)).ExtractMostSignificantBits();
            var unproven = (scalars & ~digits) | (firsts & Of(bytes, '0')) | (scalars & (1UL << 63));

            var end = 0UL;
            var keyCommas = commas;
            var (opened, closed) = (BitOperations.PopCount(openings), BitOperations.PopCount(closings));
            if (brackets == 0 && closed < BitOperations.TrailingZeroCount(~objects) && open + opened <= MaxDepth)
            {
                // Of the objects that are open, at least one stays open, and all that opens is an object: every comma is one of an object, and how many
                // open and close is all that counts.
                open += opened - closed;
                objects = (objects >> closed << opened) | ((1UL << opened) - 1);
            }
            else
            {
                var inObjects = 0 - (objects & 1);
                for (var rest = openings | closings; rest != 0; rest &= rest - 1)
                {
                    var bit = rest & (0 - rest);
                    var isObject = (brackets & bit) == 0 ? 1UL : 0UL;
                    var before = objects;
                    if ((openings & bit) != 0)
                    {
                        objects = objects << 1 | isObject;
                        if (++open > MaxDepth) return -1;
                    }
                    else
                    {
                        if ((objects & 1) != isObject) return -1;
                        objects >>= 1;
                        if (--open == 0)
                        {
                            end = bit;
                            break;
                        }
                    }

                    // From here on, the innermost is of another kind than before, or not.
                    inObjects ^= (0 - ((before ^ objects) & 1)) & (0 - bit);
                }

                keyCommas &= inObjects;
            }

            // Subtracting what begins a key from what ends it leaves the bits between: from each brace and each comma of an object up to the colon, or up to the
            // brace that closes an empty object. Nothing else may stand there, and no colon anywhere else. Two starts or two ends in a row leave a wrong bit too.
            var keyStarts = (openings & ~brackets) | keyCommas;
            var inKeys = (colons | (emptyEnds & ~brackets)) - keyStarts - inKey;
            inKey = inKeys >> 63;
            bad |= (inKeys ^ keyStarts) & outside;

            // What stands behind the end is not looked at; without an end, these are all bits.
            var within = (end - 1) | end;
            if ((bad & within) != 0) return -1;
            if ((unproven & within) != 0 && !AreScalars(document, block, firsts & within)) return -1;
            if (end != 0) return block + BitOperations.TrailingZeroCount(end) + 1;
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Of(Vector512<byte> bytes, char character) => Vector512.Equals(bytes, Vector512.Create((byte)character)).ExtractMostSignificantBits();

    /// <summary>The bits from the first that is set up to the second, that one not included, from the third up to the fourth, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong FromOddToEven(ulong bits)
    {
        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        return bits ^ (bits << 32);
    }

    /// <summary>Finds what stands behind a backslash that is not itself escaped; false when that is no escape.</summary>
    /// <param name="document">The document.</param>
    /// <param name="block">Where the block begins.</param>
    /// <param name="backslashes">The backslashes in it.</param>
    /// <param name="escape">Whether the first byte is escaped, and then whether the first one of the next block is.</param>
    /// <param name="escaped">The bits of what is escaped.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryFindEscaped(ReadOnlySpan<byte> document, int block, ulong backslashes, ref ulong escape, out ulong escaped)
    {
        escaped = escape;
        escape = 0;
        for (var rest = backslashes & ~escaped; rest != 0; rest &= (rest - 1) & ~escaped)
        {
            if (JsonScanner.LengthOfEscape(document.Slice(block + BitOperations.TrailingZeroCount(rest))) <= 0) return false;
            var bit = rest & (0 - rest);
            escaped |= bit << 1;
            escape = bit >> 63;
        }

        return true;
    }

    /// <summary>Whether numbers and words, of which the first bytes are given, are followed by a comma or a closing.</summary>
    /// <exception cref="JsonException">One of them is malformed.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool AreScalars(ReadOnlySpan<byte> document, int block, ulong firsts)
    {
        for (; firsts != 0; firsts &= firsts - 1)
        {
            var position = block + BitOperations.TrailingZeroCount(firsts);
            if (document[position] == ' ') return false;

            // Fails for what is no scalar. That is the first thing wrong with the document, as all before it was seen to be well-formed.
            var end = JsonScanner.EndOfScalar(document, position);
            if (end >= document.Length || document[end] is not ((byte)',' or (byte)'}' or (byte)']')) return false;
        }

        return true;
    }
}
#endif

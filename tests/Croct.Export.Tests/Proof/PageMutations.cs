using System.Text;

namespace Croct.Export.Tests.Proof;

/// <summary>Damages a page as a faulty line, a faulty server or an attacker would.</summary>
internal sealed class PageMutations(int seed)
{
    private static readonly byte[][] Strange =
    [
        .. ((string[])
            [
                "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "true", "-", "1e999", "0.", "00", "\\u", "\\ud83d", "\\udc00", "\0", "\n",
                "\"items\":[],", "\"nextCursor\":1,", "\"@type\":\"x\",",
            ])
            .Select(Encoding.UTF8.GetBytes),
        [0xEF, 0xBB, 0xBF], [0xFF, 0xFE], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5], [0x80],
    ];

    private readonly Random _random = new(seed);

    public byte[] Damage(byte[] page)
    {
        for (var times = _random.Next(1, 4); times > 0; times--) page = DamageOnce(page);
        return page;
    }

    private byte[] DamageOnce(byte[] page)
    {
        var (from, to) = (_random.Next(page.Length + 1), _random.Next(page.Length + 1));
        if (from > to) (from, to) = (to, from);
        switch (_random.Next(200))
        {
            case 0:
                return Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(page));
            case 1:
                return Replace(page, from, from, Repeat(_random.Next(2) == 0 ? "[" : "{\"a\":", _random.Next(1, 5000)));
            case 2:
                return Replace(page, from, from, Repeat("9", _random.Next(1, 20_000)));
            case 3:
                return Replace(page, from, from, Repeat(_random.Next(2) == 0 ? "x" : "\\u0000", _random.Next(1, 20_000)));
            case < 20:
                return page[..from];
            case < 40:
                return Replace(page, from, Math.Min(to, from + 40), []);
            case < 60:
                return Replace(page, from, from, page[from..Math.Min(to, from + 200)]);
            case < 110:
                return Replace(page, from, from, Strange[_random.Next(Strange.Length)]);
            default:
                if (from == page.Length) return page;
                var changed = page.ToArray();
                changed[from] = _random.Next(2) == 0 ? (byte)(changed[from] ^ (1 << _random.Next(8))) : (byte)_random.Next(256);
                return changed;
        }
    }

    private static byte[] Replace(byte[] page, int from, int to, byte[] by) => [.. page.AsSpan(0, from), .. by, .. page.AsSpan(to)];

    private static byte[] Repeat(string text, int times) => Encoding.UTF8.GetBytes(new StringBuilder().Insert(0, text, times).ToString());
}

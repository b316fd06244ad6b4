using System.Text;

namespace Croct.Export.Json;

/// <summary>
/// Unescapes what System.Text.Json refuses to: strings with half a surrogate pair, such as <c>"\ud83d"</c>. They are JSON, and .NET's strings can
/// hold them.
/// </summary>
internal static class LoneSurrogates
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text between the quotes of a well-formed string, or null when it is not UTF-8.</summary>
    public static string? Unescape(ReadOnlySpan<byte> escaped)
    {
        string text;
        try
        {
            text = StrictUtf8.GetString(escaped.ToArray());
        }
        catch (DecoderFallbackException)
        {
            return null;
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            i++;
            result.Append(text[i] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => (char)Convert.ToUInt16(text.Substring(i + 1, 4), 16),
                var itself => itself,
            });
            if (text[i] == 'u') i += 4;
        }

        return result.ToString();
    }
}

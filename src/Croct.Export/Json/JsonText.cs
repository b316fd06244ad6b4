using Newtonsoft.Json;

namespace Croct.Export.Json;

/// <summary>
/// The text of an answer for a <see cref="JsonTextReader"/>, kept at hand so that a number can be had as it was written: the reader
/// itself gives a fraction only as a double or a decimal, and both lose digits.
/// </summary>
internal sealed class JsonText(ArraySegment<char> text) : TextReader
{
    private int _position;
    private List<int>? _lineStarts;

    public override int Peek() => _position < text.Count ? text.Array![text.Offset + _position] : -1;

    public override int Read() => _position < text.Count ? text.Array![text.Offset + _position++] : -1;

    public override int Read(char[] buffer, int index, int count)
    {
        count = Math.Min(count, text.Count - _position);
        Array.Copy(text.Array!, text.Offset + _position, buffer, index, count);
        _position += count;
        return count;
    }

    /// <summary>The number that the reader has just read.</summary>
    public string NumberEndingAt(JsonTextReader reader)
    {
        _lineStarts ??= FindLineStarts();
        var end = _lineStarts[reader.LineNumber - 1] + reader.LinePosition;
        var start = end;
        while (start > 0 && At(start - 1) is (>= '0' and <= '9') or '+' or '-' or '.' or 'e' or 'E') start--;
        return new string(text.Array!, text.Offset + start, end - start);
    }

    private char At(int position) => text.Array![text.Offset + position];

    // The lines as JsonTextReader counts them: \n, \r and \r\n end one.
    private List<int> FindLineStarts()
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < text.Count; i++)
        {
            if (At(i) == '\n' || (At(i) == '\r' && (i + 1 == text.Count || At(i + 1) != '\n'))) starts.Add(i + 1);
        }

        return starts;
    }
}

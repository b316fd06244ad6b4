using System.Buffers;

namespace Croct.Export.Cli.Formats;

/// <summary>
/// The values that no cell of a row holds, as a JSON object in which each value has the path that it has in the item. Members must be added in the order of
/// the item.
/// </summary>
internal sealed class ItemRest
{
    private readonly ArrayBufferWriter<byte> _json = new();
    private readonly List<byte[]> _open = [];
    private bool _needsComma;

    public bool IsEmpty => _json.WrittenCount == 0;

    /// <summary>Adds a member.</summary>
    /// <param name="path">The names on the path to its object, escaped as in JSON, without quotes.</param>
    /// <param name="name">Its name, escaped in the same way.</param>
    /// <param name="value">Its JSON.</param>
    public void Add(byte[][] path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (IsEmpty) _json.Write("{"u8);
        var common = 0;
        while (common < _open.Count && common < path.Length && _open[common].AsSpan().SequenceEqual(path[common])) common++;
        CloseDownTo(common);
        foreach (var step in path.AsSpan(common))
        {
            WriteName(step);
            _json.Write("{"u8);
            _open.Add(step);
            _needsComma = false;
        }

        WriteName(name);
        JsonBytes.AppendCompact(value, _json);
        _needsComma = true;
    }

    /// <summary>Returns the object, and clears this one.</summary>
    public ReadOnlySpan<byte> Take()
    {
        CloseDownTo(0);
        _json.Write("}"u8);
        _needsComma = false;
        var json = _json.WrittenSpan;
        _json.ResetWrittenCount();
        return json;
    }

    private void CloseDownTo(int depth)
    {
        for (; _open.Count > depth; _open.RemoveAt(_open.Count - 1))
        {
            _json.Write("}"u8);
            _needsComma = true;
        }
    }

    private void WriteName(ReadOnlySpan<byte> name)
    {
        _json.Write(_needsComma ? ",\""u8 : "\""u8);
        _json.Write(name);
        _json.Write("\":"u8);
    }
}
